import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a request for an object or a listing carries besides; any other query names a document of it. */
const OF_OBJECTS = new Set(['partNumber', 'versionId']);
const OF_LISTINGS = new Set(['list-type', 'versions']);

/**
 * A proxy before an RGW that answers as Amazon S3 does of objects under SSE-KMS: they are named as encrypted, and
 * their ETags look like digests of the bytes and are none, in listings too.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html (ETag)
 *
 * A condition on an ETag is part of what is signed: such a request goes on without a signature, so that the bucket
 * must let anyone read.
 */
export class EncryptedSource {
  readonly url: string;
  /** Keys whose bytes were read, in the order of the requests. */
  readonly read: string[] = [];
  readonly #server: http.Server;
  readonly #real = new Map<string, string>();
  readonly #parts: (key: string) => readonly number[] | undefined;

  private constructor(server: http.Server, parts: (key: string) => readonly number[] | undefined) {
    this.#server = server;
    this.#parts = parts;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** @param parts the sizes of an object's parts, as Amazon S3 tells them; undefined: as the RGW, which does not */
  static async before(
    endpoint: string,
    parts: (key: string) => readonly number[] | undefined = () => undefined,
  ): Promise<EncryptedSource> {
    const { hostname, port } = new URL(endpoint);
    const agent = new http.Agent({ keepAlive: true });
    const server = http.createServer((request, response) =>
      proxy.#pass(request, response, { hostname, port, agent }),
    );
    server.on('close', () => agent.destroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new EncryptedSource(server, parts);
    return proxy;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #pass(request: http.IncomingMessage, response: http.ServerResponse, to: http.RequestOptions): void {
    const { method = 'GET', url = '/' } = request;
    const { pathname, searchParams } = new URL(url, 'http://store');
    const [, , ...rest] = pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const names = [...searchParams.keys()];
    const reads = method === 'GET' || method === 'HEAD';
    const isObject = reads && key !== '' && names.every((name) => OF_OBJECTS.has(name));
    const isListing = reads && key === '' && names.some((name) => OF_LISTINGS.has(name));
    if (isObject && method === 'GET') this.read.push(key);
    const headers = isObject ? this.#conditionOf(request.headers) : request.headers;
    const onward = http.request({ ...to, method, path: url, headers }, (answer) => {
      if (isListing) return void this.#rewriteListing(answer, response);
      const encrypted = isObject && answer.headers.etag !== undefined;
      const part = Number(searchParams.get('partNumber') ?? 0);
      response.writeHead(answer.statusCode ?? 502, {
        ...answer.headers,
        ...(encrypted && {
          etag: `"${this.#opaque(answer.headers.etag?.replaceAll('"', '') ?? '')}"`,
          'x-amz-server-side-encryption': 'aws:kms',
          ...(part > 0 && this.#partOf(key, part)),
        }),
      });
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    // Who reads only the beginning of an object goes away.
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy();
    });
    request.pipe(onward);
  }

  #partOf(key: string, part: number): http.OutgoingHttpHeaders {
    const sizes = this.#parts(key);
    return sizes === undefined
      ? {}
      : { 'content-length': String(sizes[part - 1]), 'x-amz-mp-parts-count': String(sizes.length) };
  }

  #conditionOf(headers: http.IncomingHttpHeaders): http.OutgoingHttpHeaders {
    const wanted = headers['if-match'];
    if (wanted === undefined) return headers;
    const unsigned = Object.entries(headers).filter(
      ([name]) => name !== 'authorization' && !/^x-amz-/.test(name),
    );
    return {
      ...Object.fromEntries(unsigned),
      'if-match': this.#real.get(wanted.replaceAll('"', '')) ?? '"none"',
    };
  }

  async #rewriteListing(answer: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const text = (await buffer(answer)).toString();
    const body = Buffer.from(text.replaceAll(/(?<=<ETag>(?:&quot;|"))[^&"]+/g, (etag) => this.#opaque(etag)));
    const headers = { ...answer.headers, 'content-length': String(body.length) };
    delete headers['transfer-encoding'];
    response.writeHead(answer.statusCode ?? 502, headers).end(body);
  }

  /** The ETag that is told instead of the RGW's; of an object of parts with their number. */
  #opaque(etag: string): string {
    const count = /-\d+$/.exec(etag)?.[0] ?? '';
    const told = createHash('md5').update(`encrypted ${etag}`).digest('hex') + count;
    this.#real.set(told, `"${etag}"`);
    return told;
  }
}
