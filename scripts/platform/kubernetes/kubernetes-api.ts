import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { KubernetesWorkers } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { clusterToken } from './cluster-token.ts';

const ATTEMPTS = 4;
const FIRST_PAUSE_MILLISECONDS = 200;
const REQUEST_MILLISECONDS = 10_000;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
export type KubernetesAnswer = { status: number; body: unknown };

/** A cluster's API refused, or could not be asked. Exit code 3. */
export class KubernetesError extends UserError {
  /** 0 where no answer came. */
  readonly status: number;
  constructor(message: string, status: number, cause?: unknown) {
    super(message, { exitCode: 3, cause });
    this.name = 'KubernetesError';
    this.status = status;
  }
}

/**
 * The few calls that the migration makes to a cluster's API, as plain requests: Kubernetes' own client
 * brings 40 packages for them. Never uses the process's proxies or kubeconfig.
 */
export class KubernetesApi {
  readonly #agent: Agent;
  readonly #endpoint: string;
  readonly #token: () => Promise<string>;
  readonly #firstPause: number;

  /** @param options.token who asks; default: `clusterToken` */
  constructor(
    { endpoint, certificateAuthority, name, region }: KubernetesWorkers['cluster'],
    options: { token?: () => Promise<string>; firstPauseMilliseconds?: number } = {},
  ) {
    this.#endpoint = endpoint.replace(/\/$/, '');
    this.#agent = new Agent({
      connect: { ca: Buffer.from(certificateAuthority, 'base64').toString('utf8') },
      connections: 4,
    });
    this.#token = options.token ?? (() => clusterToken({ name, region }));
    this.#firstPause = options.firstPauseMilliseconds ?? FIRST_PAUSE_MILLISECONDS;
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  /** Null where there is none. */
  async get(path: string): Promise<unknown> {
    const { status, body } = await this.#send('GET', path);
    if (status === 404) return null;
    return this.#good('GET', path, status, body);
  }

  /** False where one of that name exists already. */
  async create(path: string, object: object): Promise<boolean> {
    const { status, body } = await this.#send('POST', path, object);
    if (status === 409) return false;
    this.#good('POST', path, status, body);
    return true;
  }

  async patch(path: string, merge: object): Promise<void> {
    const { status, body } = await this.#send('PATCH', path, merge);
    this.#good('PATCH', path, status, body);
  }

  /** Deletes it with all that it made. Returns at once; succeeds where there is none. */
  async delete(path: string): Promise<void> {
    const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground' };
    const { status, body } = await this.#send('DELETE', path, options);
    if (status !== 404) this.#good('DELETE', path, status, body);
  }

  #good(method: Method, path: string, status: number, body: unknown): unknown {
    if (status >= 200 && status < 300) return body;
    const reason = (body as { message?: string } | null)?.message ?? '';
    const hint =
      status === 401 || status === 403 ? '. The access entry of this role is made by pulumi up' : '';
    throw new KubernetesError(
      `The Kubernetes API answered ${status} to ${method} ${path}: ${reason}${hint}`,
      status,
    );
  }

  /** Tries again what the API could not answer; every call here may be made twice. */
  async #send(method: Method, path: string, body?: object): Promise<KubernetesAnswer> {
    for (let attempt = 1; ; attempt++) {
      let trouble: unknown;
      try {
        const answer = await this.#once(method, path, body);
        if (answer.status < 500 && answer.status !== 429) return answer;
        if (attempt === ATTEMPTS) return answer;
      } catch (error) {
        if (error instanceof UserError) throw error;
        trouble = error;
      }
      if (attempt === ATTEMPTS) {
        throw new KubernetesError(
          `The Kubernetes API at ${this.#endpoint} does not answer: ${messageOf(trouble)}`,
          0,
          trouble,
        );
      }
      await sleep(this.#firstPause * 2 ** (attempt - 1));
    }
  }

  async #once(method: Method, path: string, body?: object): Promise<KubernetesAnswer> {
    const answer = await request(`${this.#endpoint}${path}`, {
      method,
      dispatcher: this.#agent,
      signal: AbortSignal.timeout(REQUEST_MILLISECONDS),
      headers: {
        authorization: `Bearer ${await this.#token()}`,
        accept: 'application/json',
        ...(body !== undefined && {
          'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
        }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = { message: text.slice(0, 200) };
    }
    return { status: answer.statusCode, body: parsed };
  }
}
