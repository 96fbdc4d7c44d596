import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import type { Wire } from '../wire.ts';

type Kubeconfig = {
  'current-context'?: string;
  clusters?: { name: string; cluster: { server: string; 'certificate-authority-data'?: string } }[];
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  users?: {
    name: string;
    user: { token?: string; 'client-certificate-data'?: string; 'client-key-data'?: string };
  }[];
};

const FIELD_MANAGER = 'pulumi-kubernetes';
const REQUEST_MILLISECONDS = 30_000;

/** A real API server: objects are applied by it, with strict field validation, as the real provider does. */
export class ApiServer {
  readonly namespace: string | undefined;
  readonly #server: string;
  readonly #headers: Record<string, string>;
  readonly #agent: Agent;
  readonly #kinds = new Map<string, Promise<{ plural: string; isNamespaced: boolean }>>();

  /** @param kubeconfig a file, or what is in one (YAML or JSON) */
  constructor(kubeconfig: string) {
    const config = parse(
      kubeconfig.includes('\n') || kubeconfig.startsWith('{') ? kubeconfig : readFileSync(kubeconfig, 'utf8'),
    ) as Kubeconfig;
    const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
    const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
    const user = config.users?.find(({ name }) => name === context?.user)?.user;
    if (cluster === undefined || user === undefined) {
      throw new Error('The kubeconfig has no current context with a cluster and a user.');
    }
    const decoded = (base64: string | undefined) =>
      base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString();
    const ca = decoded(cluster['certificate-authority-data']);
    const cert = decoded(user['client-certificate-data']);
    const key = decoded(user['client-key-data']);
    this.namespace = context?.namespace;
    this.#server = cluster.server.replace(/\/$/, '');
    this.#headers = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` };
    this.#agent = new Agent({
      connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
      headersTimeout: REQUEST_MILLISECONDS,
      bodyTimeout: REQUEST_MILLISECONDS,
    });
  }

  /**
   * Server-side apply. Returns the object as it is then.
   * @param options.dryRun has everything checked and nothing kept
   */
  async apply(object: Wire, options: { dryRun: boolean; create: boolean }): Promise<Wire> {
    const path = await this.#path(object);
    if (options.create && (await this.#send('GET', path)).status === 200) {
      throw new Error(`${path} exists already.`);
    }
    const query = `fieldManager=${FIELD_MANAGER}&fieldValidation=Strict&force=true${options.dryRun ? '&dryRun=All' : ''}`;
    return this.#good('PATCH', path, await this.#send('PATCH', `${path}?${query}`, object));
  }

  /** Null where there is none. */
  async read(object: Wire): Promise<Wire | null> {
    const path = await this.#path(object);
    const answer = await this.#send('GET', path);
    return answer.status === 404 ? null : this.#good('GET', path, answer);
  }

  async delete(object: Wire): Promise<void> {
    const path = await this.#path(object);
    const answer = await this.#send('DELETE', `${path}?propagationPolicy=Foreground`);
    if (answer.status !== 404) this.#good('DELETE', path, answer);
  }

  async #path(object: Wire): Promise<string> {
    const apiVersion = String(object['apiVersion']);
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { plural, isNamespaced } = await this.#kind(root, String(object['kind']));
    const { name, namespace } = object['metadata'] as { name: string; namespace?: string };
    const within = isNamespaced ? `/namespaces/${namespace ?? 'default'}` : '';
    return `${root}${within}/${plural}/${encodeURIComponent(name)}`;
  }

  #kind(root: string, kind: string): Promise<{ plural: string; isNamespaced: boolean }> {
    const key = `${root} ${kind}`;
    const known = this.#kinds.get(key) ?? this.#discover(root, kind);
    this.#kinds.set(key, known);
    return known;
  }

  async #discover(root: string, kind: string): Promise<{ plural: string; isNamespaced: boolean }> {
    const list = this.#good('GET', root, await this.#send('GET', root)) as {
      resources: { name: string; kind: string; namespaced: boolean }[];
    };
    const found = list.resources.find((one) => one.kind === kind && !one.name.includes('/'));
    if (found === undefined) throw new Error(`The API server has no ${kind} in ${root}.`);
    return { plural: found.name, isNamespaced: found.namespaced };
  }

  async #send(
    method: 'GET' | 'PATCH' | 'DELETE',
    path: string,
    body?: Wire,
  ): Promise<{ status: number; text: string }> {
    const { statusCode, body: answer } = await request(`${this.#server}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        ...this.#headers,
        ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: statusCode, text: await answer.text() };
  }

  #good(method: string, path: string, { status, text }: { status: number; text: string }): Wire {
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${messageIn(text)}`);
    return JSON.parse(text) as Wire;
  }
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}
