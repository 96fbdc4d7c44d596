import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  createServer,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { cacheTierConf } from '../../infra/nginx/cache-tier.ts';
import type { CacheTierSettings } from '../../infra/nginx/settings.ts';
import { originConf } from '../../scripts/contract/nginx-origin.ts';
import { cacheTierScript } from '../../infra/nginx/script.ts';
import type { Origin } from '../../scripts/contract/phases.ts';
import { cacheTierFiles } from '../../scripts/contract/local/nginx-files.ts';
import { reloadNginx } from '../../scripts/local/parts/nginx-reload.ts';
import { answers } from '../../scripts/local/parts/run.ts';
import type { Certificate } from './certificates.ts';

/** Settings of a cache tier whose files are all in one home. */
export function cacheTierSettings(home: string, given: Partial<CacheTierSettings> = {}): CacheTierSettings {
  const { origin, script, pid, errorLog, accessLog, cache, temporary } = cacheTierFiles(home);
  return {
    listen: '127.0.0.1:7400',
    dropListen: '127.0.0.1:7403',
    upstreams: {
      ceph: ['127.0.0.1:7481', '127.0.0.1:7482'],
      s3: ['127.0.0.1:7480'],
      pending: ['127.0.0.1:7401'],
    },
    sourceHost: 's3.example:7480',
    bucketDomains: ['images.localhost', 'source.localhost'],
    maxStaleSeconds: 3,
    drainSeconds: 10,
    cache: { folder: cache, maxMegabytes: 100, unusedMinutes: 10 },
    user: 'www-data',
    files: { origin, script, pid, errorLog, accessLog },
    temporaryFolder: temporary,
    ...given,
  };
}

/** Writes what Nginx reads, and makes the folders that it wants. */
export async function writeCacheTier(
  home: string,
  settings: CacheTierSettings,
  order: Origin,
): Promise<void> {
  const files = cacheTierFiles(home);
  for (const folder of [
    files.folder,
    files.temporary,
    path.dirname(files.pid),
    path.dirname(files.errorLog),
  ]) {
    await mkdir(folder, { recursive: true });
  }
  await writeFile(files.configuration, cacheTierConf(settings));
  await writeFile(files.script, cacheTierScript());
  await writeFile(files.origin, originConf({ order, epoch: 1n }));
}

export type Seen = {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The name that was asked for in the TLS handshake; undefined over plain HTTP. */
  serverName: string | undefined;
};
export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

/** An origin that remembers what it was asked and answers what the test says. */
export class Stub {
  readonly seen: Seen[] = [];
  answer: (seen: Seen, response: ServerResponse) => void = (_, response) => response.writeHead(404).end();
  readonly #server: Server;

  /** @param certificate speaks TLS with it; default: plain HTTP */
  constructor(certificate?: Certificate) {
    const take = (message: IncomingMessage, response: ServerResponse) => {
      // A client may hang up in the middle.
      this.#take(message, response).catch(() => response.destroy());
    };
    this.#server = certificate === undefined ? createServer(take) : createTlsServer(certificate, take);
  }

  async listen({ host = '127.0.0.1', port = 0 } = {}): Promise<this> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return this;
  }

  get address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  /** Answers every request in the same way. */
  always(status: number, body = '', headers: Record<string, string> = {}): void {
    this.answer = (_, response) => response.writeHead(status, headers).end(body);
  }

  forget(): void {
    this.seen.length = 0;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen = {
      method: message.method ?? '',
      url: message.url ?? '',
      headers: message.headers,
      body: await text(message),
      serverName: (message.socket as { servername?: string }).servername,
    };
    this.seen.push(seen);
    this.answer(seen, response);
  }
}

/** Real Nginx before stubs. */
export class CacheTier {
  readonly ceph = new Stub();
  readonly s3 = new Stub();
  readonly pending = new Stub();
  endpoint = '';
  home = '';
  #nginx: ChildProcess | undefined;

  async start(order: Origin): Promise<void> {
    this.home = await mkdtemp(path.join(os.tmpdir(), 'cache-tier-'));
    execFileSync('chmod', ['711', this.home]);
    await Promise.all([this.ceph.listen(), this.s3.listen(), this.pending.listen()]);
    const [listen, dropListen] = [await freePort(), await freePort()];
    this.endpoint = `http://${listen}`;
    const settings = cacheTierSettings(this.home, {
      listen,
      dropListen,
      upstreams: { ceph: [this.ceph.address], s3: [this.s3.address], pending: [this.pending.address] },
      sourceHost: 's3.example:7480',
    });
    await writeCacheTier(this.home, settings, order);
    execFileSync('chown', ['-R', 'www-data', cacheTierFiles(this.home).temporary]);
    const { configuration, errorLog } = cacheTierFiles(this.home);
    this.#nginx = spawn('/usr/sbin/nginx', ['-c', configuration, '-e', errorLog], { stdio: 'ignore' });
    if (!(await answers(`${this.endpoint}/_origin`, 10))) throw new Error('Nginx does not answer');
  }

  /** Turns the origin as the cutover does. */
  async turn(order: Origin, epoch: bigint): Promise<void> {
    await writeFile(cacheTierFiles(this.home).origin, originConf({ order, epoch }));
    await reloadNginx(this.home, this.endpoint);
  }

  async stop(): Promise<void> {
    if (this.#nginx !== undefined) {
      const ended = once(this.#nginx, 'exit');
      this.#nginx.kill('SIGTERM');
      await ended;
    }
    for (const stub of [this.ceph, this.s3, this.pending]) stub.close();
    await rm(this.home, { recursive: true });
  }

  forget(): void {
    for (const stub of [this.ceph, this.s3, this.pending]) stub.forget();
  }

  /** One request on a connection of its own, its path sent as it is given. */
  async send(
    method: string,
    rawPath: string,
    options: { headers?: Record<string, string>; body?: string } = {},
  ): Promise<Answer> {
    return sendTo(this.endpoint, method, rawPath, options);
  }
}

/** One request on a connection of its own, its path sent as it is given. */
export async function sendTo(
  endpoint: string,
  method: string,
  rawPath: string,
  options: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  const headers = options.headers ?? {};
  const sent = request({ hostname, port, method, path: rawPath, agent: false, headers });
  sent.end(options.body);
  const [message] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: message.statusCode ?? 0, headers: message.headers, body: await text(message) };
}

export async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}
