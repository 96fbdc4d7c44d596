import { createServer as createProxy, type Server } from 'node:http';
import { createServer as createTls, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Authority } from './certificates.ts';

/**
 * The registry of an account on loopback, for programs that reach it by its own name and by TLS: a proxy that
 * leads there, and an authority that certifies the name. It has every image that it is asked for.
 */
export class ImageRegistry {
  /** `HOST/REPOSITORY:TAG` or `HOST/REPOSITORY@DIGEST` of every manifest that was asked for. */
  readonly asked: string[] = [];
  readonly #authority: Authority;
  readonly #sockets = new Set<Socket>();
  readonly #registry: TlsServer;
  readonly #proxy: Server;

  private constructor(authority: Authority, certificate: { key: string; cert: string }) {
    this.#authority = authority;
    this.#registry = createTls(certificate, (request, response) => {
      const [, repository, reference = ''] =
        /^\/v2\/(.+)\/manifests\/(.+)$/.exec(decodeURIComponent(request.url ?? '')) ?? [];
      if (repository === undefined || !String(request.headers.authorization).startsWith('Basic ')) {
        response.writeHead(repository === undefined ? 404 : 401).end();
        return;
      }
      const joint = reference.includes(':') ? '@' : ':';
      this.asked.push(`${request.headers.host}/${repository}${joint}${reference}`);
      response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
      response.end(JSON.stringify({ schemaVersion: 2, layers: [] }));
    });
    this.#proxy = createProxy((_request, response) => response.writeHead(403).end());
    this.#proxy.on('connect', (_request, socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      this.#registry.emit('connection', socket);
    });
  }

  /** @param hosts its names */
  static async start(...hosts: [string, ...string[]]): Promise<ImageRegistry> {
    const authority = await Authority.make();
    const registry = new ImageRegistry(authority, await authority.sign(...hosts));
    await new Promise<void>((resolve) => registry.#proxy.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  /** With these, Node's `fetch` finds it. What is on loopback is reached as ever. */
  get variables(): Record<string, string> {
    return {
      NODE_USE_ENV_PROXY: '1',
      NODE_EXTRA_CA_CERTS: this.#authority.file,
      HTTPS_PROXY: `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`,
      NO_PROXY: '127.0.0.1,localhost',
    };
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#proxy.closeAllConnections();
    await new Promise((resolve) => this.#proxy.close(resolve));
    await this.#authority.remove();
  }
}
