import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UserError } from '../../contract/errors.ts';
import { log } from '../../contract/log.ts';
import { parseBody, MalformedEvent } from './records.ts';

/** Bytes. RGW sends one record at a time, 1 to 8 KiB with the largest metadata that it takes. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * RGW 16.2.15 sends what was refused again without any pause (measured: 1,200 requests a second for two
 * records), so the pause is ours.
 */
const REFUSAL_PAUSE_MS = 500;

export type Receiver = { url: string; close(): Promise<void> };

export type ReceiverOptions = {
  /** For example `http://127.0.0.1:8801/events`; port 0 takes any. */
  url: string;
  /** Stores a notification, and returns how many changes it held. Throws MalformedEvent. */
  handler: { store(document: unknown): Promise<number> };
  /** What `GET /health` tells; a rejection is answered with 503. */
  health: () => Promise<object>;
  /** Milliseconds before a message is refused; default 500. */
  refusalPauseMs?: number;
};

/**
 * The HTTP end of RGW's persistent notifications. Answers 200 only after the operations have been
 * committed; anything else makes RGW keep the notification and send it again, and those behind it in its
 * queue wait. A record that nobody can read would stop capture for ever: it is counted, and acknowledged.
 *
 * RGW 16.2.15 must never find the port closed. Refused connections can end its work on the queue for good,
 * until RGW is restarted (measured: at the first refusal by address, at the fourth by name; a connection
 * that breaks, or a status other than 2xx, does no harm). So two processes serve the same port, they
 * start before RGW and end after it.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const url = new URL(options.url);
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    answer(request, response, options, url.pathname, stopping.signal).catch((error: unknown) => {
      log.warn({ reason: messageOf(error) }, 'a notification was cut off');
      response.destroy();
    });
  });
  await listen(server, url);
  const { port } = server.address() as AddressInfo;
  url.port = String(port);
  return {
    url: url.href,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      stopping.abort();
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function listen(server: Server, url: URL): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  // Two receivers listen side by side, so that a killed one leaves nobody refused: see below.
  server.listen({ host: url.hostname, port: Number(url.port || 80), reusePort: true }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new UserError(
      `The receiver of notifications cannot listen on ${url.host}: ${messageOf(error)}. ` +
        'Stop what uses that port, or give it another one.',
      { exitCode: 3, cause: error },
    );
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
  path: string,
  stopping: AbortSignal,
): Promise<void> {
  const send = (status: number, body: object) => {
    // A receiver that stops must not be held up by a connection that the sender keeps open.
    if (stopping.aborted) response.setHeader('connection', 'close');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body) + '\n');
  };
  if (request.method === 'GET' && request.url === '/health') {
    await options.health().then(
      (health) => send(200, { ok: true, ...health }),
      (error: unknown) => send(503, { ok: false, reason: messageOf(error) }),
    );
    return;
  }
  if (request.method !== 'POST' || request.url?.split('?')[0] !== path) {
    request.resume();
    send(404, { reason: `POST ${path} or GET /health` });
    return;
  }
  const body = await readBody(request);
  try {
    if (body === null) throw new MalformedEvent(`more than ${MAX_BODY_BYTES} bytes`);
    send(200, { stored: await options.handler.store(parseBody(body)) });
  } catch (error) {
    const reason = messageOf(error);
    const malformed = error instanceof MalformedEvent;
    log.error({ reason, body: malformed ? body?.slice(0, 2000) : undefined }, 'a notification was refused');
    await sleep(options.refusalPauseMs ?? REFUSAL_PAUSE_MS, undefined, { signal: stopping }).catch(
      () => null,
    );
    send(malformed ? 400 : 503, { reason });
  }
}

/** The body as text; null where it is larger than it may be (read to its end, but not kept). */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString('utf8') : null;
}
