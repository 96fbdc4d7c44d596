import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to a request between a client and its store. */
export type Fault =
  /** It arrives late, in milliseconds. */
  | { kind: 'latency'; ms: number }
  /** The store never sees it; the client gets 503 SlowDown. */
  | { kind: 'slow-down' }
  /** The store never sees it; the client gets this status, with nothing more. */
  | { kind: 'error'; status: number }
  /** The store never sees it; the client gets this status and S3's code. */
  | { kind: 'refused'; status: number; code: string }
  /** The store never sees it; the client gets this document, with 200. */
  | { kind: 'answered'; body: string }
  /** The first half of the answer's body arrives as if it were all, with a length that fits. */
  | { kind: 'answer-halved' }
  /** The client's connection breaks at once; the store gets all of it so much later, in milliseconds. */
  | { kind: 'late'; ms: number }
  /** The store sees it all, and the connection breaks before a byte of its answer. */
  | { kind: 'answer-lost' }
  /** So many bytes of the answer's body arrive, then the connection breaks. */
  | { kind: 'answer-cut'; bytes: number }
  /** So many bytes of the request's body reach the store, then both connections break. */
  | { kind: 'request-cut'; bytes: number };

export type Passing = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: http.IncomingHttpHeaders;
};

/**
 * A proxy before one endpoint that lets a test spoil requests. It leaves the Host header as it is, so
 * signatures hold. `Content-Length` of an answer that is cut is the whole one: as a network breaks, not as a
 * store would end.
 */
export class FaultyProxy {
  readonly url: string;
  readonly #server: http.Server;
  /** How many requests were spoiled, by kind of fault. */
  readonly spoiled: Partial<Record<Fault['kind'], number>> = {};

  private constructor(server: http.Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /**
   * @param fault asked for every request, which waits for the answer: so a test may do something in between. Null
   *   lets it pass
   */
  static async before(
    endpoint: string,
    fault: (request: Passing) => Fault | null | Promise<Fault | null>,
  ): Promise<FaultyProxy> {
    const { hostname, port } = new URL(endpoint);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
    const server = http.createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://store');
      const { method = '', headers } = request;
      const handle = async () => {
        const spoil = await fault({ method, path: pathname, query: searchParams, headers });
        if (spoil !== null) proxy.spoiled[spoil.kind] = (proxy.spoiled[spoil.kind] ?? 0) + 1;
        await forward(request, response, { hostname, port, agent }, spoil);
      };
      // What a test's own code throws must not look like a store's answer.
      handle().catch((error: unknown) => response.destroy(error as Error));
    });
    server.on('close', () => agent.destroy());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new FaultyProxy(server);
    return proxy;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  to: { hostname: string; port: string; agent: http.Agent },
  fault: Fault | null,
): Promise<void> {
  if (fault?.kind === 'latency') await sleep(fault.ms);
  if (fault?.kind === 'slow-down') {
    request.resume();
    response.writeHead(503, { 'content-type': 'application/xml' });
    response.end('<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>');
    return;
  }
  if (fault?.kind === 'refused') {
    request.resume();
    response.writeHead(fault.status, { 'content-type': 'application/xml' });
    response.end(request.method === 'HEAD' ? '' : `<Error><Code>${fault.code}</Code></Error>`);
    return;
  }
  if (fault?.kind === 'answered') {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/xml' }).end(fault.body);
    return;
  }
  if (fault?.kind === 'error') {
    request.resume();
    response.writeHead(fault.status).end();
    return;
  }
  const { method, url, headers } = request;
  if (fault?.kind === 'late') {
    const body = await buffer(request);
    response.destroy();
    await sleep(fault.ms);
    const late = http.request({ ...to, method, path: url, headers }, (answer) => answer.resume());
    late.on('error', () => undefined).end(body);
    return;
  }
  const onward = http.request({ ...to, method, path: url, headers }, (answer) => {
    if (fault?.kind === 'answer-lost') {
      answer.resume();
      answer.on('end', () => response.destroy());
      return;
    }
    if (fault?.kind === 'answer-halved') {
      void halve(answer, response);
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault?.kind === 'answer-cut') cutAfter(answer, response, fault.bytes);
    else answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  if (fault?.kind === 'request-cut') cutAfter(request, onward, fault.bytes, () => response.destroy());
  else request.pipe(onward);
}

async function halve(from: http.IncomingMessage, to: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of from) chunks.push(chunk as Buffer);
  const whole = Buffer.concat(chunks);
  to.writeHead(200, { 'content-type': 'application/xml' });
  to.end(whole.subarray(0, whole.length / 2));
}

/** Hands on so many bytes, then breaks the connection. What is shorter passes whole. */
function cutAfter(
  from: http.IncomingMessage,
  to: http.ServerResponse | http.ClientRequest,
  bytes: number,
  broken: () => void = () => undefined,
): void {
  let left = bytes;
  from.on('data', (chunk: Buffer) => {
    const piece = chunk.subarray(0, Math.max(0, left));
    left -= chunk.length;
    if (left >= 0) {
      to.write(piece);
      return;
    }
    to.write(piece, () => {
      to.destroy();
      broken();
    });
    from.removeAllListeners('data');
    from.resume();
  });
  from.on('end', () => {
    if (left >= 0) to.end();
  });
}
