import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureKubernetes } from '../../scripts/tools/toolchain/kubernetes.ts';

/** An object as YAML or Pulumi would give it. */
export type KubernetesObject = {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
  [key: string]: unknown;
};

/** What the API server answered. `warnings`: what it says beside, for example of the pod security standard. */
export type Answer<T = KubernetesObject> = { status: number; body: T; warnings: string[] };

const READY_SECONDS = 60;
const LOG_CHARACTERS = 2000;

/** A real Kubernetes API server with an etcd of its own on loopback; no controller, scheduler or node. */
export class KubernetesServer {
  readonly url: string;
  /** A member of `system:masters`; may impersonate. */
  readonly token: string;
  /** PEM. */
  readonly certificateAuthority: string;
  readonly #agent: Agent;
  readonly #folder: string;
  readonly #processes: Daemon[];
  readonly #resources = new Map<string, { plural: string; namespaced: boolean }>();

  private constructor(parts: {
    url: string;
    token: string;
    certificateAuthority: string;
    folder: string;
    processes: Daemon[];
  }) {
    this.url = parts.url;
    this.token = parts.token;
    this.certificateAuthority = parts.certificateAuthority;
    this.#folder = parts.folder;
    this.#processes = parts.processes;
    this.#agent = new Agent({ keepAlive: true, ca: parts.certificateAuthority });
  }

  static async start(): Promise<KubernetesServer> {
    const { apiServer, etcd } = await ensureKubernetes({ log: (line) => console.log(line) });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-kubernetes-'));
    const file = (name: string) => path.join(folder, name);
    const [port, clientPort, peerPort] = [await freePort(), await freePort(), await freePort()];
    const [store, peers] = [`http://127.0.0.1:${clientPort}`, `http://127.0.0.1:${peerPort}`];
    const token = randomBytes(16).toString('hex');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await writeFile(file('accounts.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    await writeFile(file('tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 });
    const processes = [
      new Daemon(etcd, {
        'data-dir': file('etcd'),
        'listen-client-urls': store,
        'advertise-client-urls': store,
        'listen-peer-urls': peers,
        'initial-advertise-peer-urls': peers,
        'initial-cluster': `default=${peers}`,
        'unsafe-no-fsync': 'true',
      }),
      new Daemon(apiServer, {
        'etcd-servers': store,
        'bind-address': '127.0.0.1',
        'secure-port': String(port),
        'cert-dir': folder,
        'authorization-mode': 'RBAC',
        'token-auth-file': file('tokens.csv'),
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-key-file': file('accounts.key'),
        'service-account-signing-key-file': file('accounts.key'),
        'service-cluster-ip-range': '10.96.0.0/16',
        'endpoint-reconciler-type': 'none',
      }),
    ];
    const url = `https://127.0.0.1:${port}`;
    const until = Date.now() + READY_SECONDS * 1000;
    while (Date.now() < until && processes.every((each) => each.runs)) {
      // The server makes its certificate when it starts.
      const certificateAuthority = await readFile(file('apiserver.crt'), 'utf8').catch(() => '');
      if (certificateAuthority.includes('END CERTIFICATE')) {
        const server = new KubernetesServer({ url, token, certificateAuthority, folder, processes });
        const ready = await server.request('GET', '/readyz').catch(() => null);
        if (ready?.status === 200) return server;
        server.#agent.destroy();
      }
      await sleep(100);
    }
    await Promise.all(processes.map((each) => each.stop()));
    await rm(folder, { recursive: true, force: true });
    throw new Error(`Kubernetes did not get ready:\n${processes.map(({ log }) => log).join('\n---\n')}`);
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    // The API server first: without its store it would wait for it.
    for (const each of this.#processes.toReversed()) await each.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** One request. `as` acts in the name of a user and groups, whose rights alone then count. */
  async request<T = KubernetesObject>(
    method: string,
    pathAndQuery: string,
    options: { body?: unknown; contentType?: string; as?: { user: string; groups: string[] } } = {},
  ): Promise<Answer<T>> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = request(
      `${this.url}${pathAndQuery}`,
      {
        method,
        agent: this.#agent,
        headers: {
          authorization: `Bearer ${this.token}`,
          'content-type': options.contentType ?? 'application/json',
          // A group is a header; undici would join them to one with a comma in it.
          ...(options.as !== undefined && {
            'impersonate-user': options.as.user,
            'impersonate-group': options.as.groups,
          }),
        },
      },
      resolve,
    );
    sent.once('error', reject);
    sent.end(options.body === undefined ? undefined : JSON.stringify(options.body));
    const answer = await promise;
    const body = await text(answer);
    return {
      status: answer.statusCode ?? 0,
      body: (body.startsWith('{') ? JSON.parse(body) : body) as T,
      warnings: [...(answer.headers.warning ?? '').matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(
        ([, warning = '']) => warning,
      ),
    };
  }

  /** Server-side apply with strict field validation, as Pulumi does it: an unknown or repeated field fails. */
  async apply(object: KubernetesObject): Promise<Answer> {
    return this.request('PATCH', `${await this.pathOf(object)}?fieldManager=test&fieldValidation=Strict`, {
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
  }

  /** Where an object is, or would be. */
  async pathOf({ apiVersion, kind, metadata }: KubernetesObject): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { plural, namespaced } = await this.#resourceOf(root, kind);
    const namespace = namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${root}${namespace}/${plural}/${metadata.name}`;
  }

  async #resourceOf(root: string, kind: string): Promise<{ plural: string; namespaced: boolean }> {
    const known = this.#resources.get(`${root} ${kind}`);
    if (known !== undefined) return known;
    const { body } = await this.request<{
      resources?: { name: string; kind: string; namespaced: boolean }[];
    }>('GET', root);
    const found = body.resources?.find((each) => each.kind === kind && !each.name.includes('/'));
    if (found === undefined) throw new Error(`Kubernetes knows no ${kind} in ${root}`);
    const resource = { plural: found.name, namespaced: found.namespaced };
    this.#resources.set(`${root} ${kind}`, resource);
    return resource;
  }
}

/** A program that runs until it is stopped, and the end of what it said. */
class Daemon {
  log = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(command: string, args: Record<string, string>) {
    const words = Object.entries(args).map(([name, value]) => `--${name}=${value}`);
    this.#child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#ended = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (said: string) => {
        this.log = (this.log + said).slice(-LOG_CHARACTERS);
      });
    }
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (this.runs) this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#ended;
    clearTimeout(timer);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
