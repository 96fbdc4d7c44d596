import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { askPromotion, isPending } from '../../ledger/pending.ts';
import { log } from '../../contract/log.ts';
import { StoreClient } from '../../store/client.ts';
import { addressOf, internalPath, type Address } from './address.ts';
import { deleteMany } from './delete-many.ts';
import { takeKeys, type TakeOptions } from './take.ts';
import { MIGRATION } from '../../contract/names.ts';

export type PendingService = { url: string; close(): Promise<void> };

/** How long a URL of S3 that Nginx uses at once is valid, in seconds. */
const PRESIGNED_SECONDS = 60;

/**
 * Answers Nginx's questions about the pending list; nobody else may reach it. Where the ledger does not answer,
 * the answer is 503: neither "it is on S3" nor "it is nowhere" may be guessed.
 *
 * - `GET /pending/find`: 404, or 200 with `X-Accel-Redirect: /_source/…`, the presigned path of a key
 *   that is on S3 alone. The key's copy is asked for.
 * - `GET /pending/take`: 200 once the key is off the list, so that a write of it may pass.
 * - `POST /pending/delete-many`: takes the keys of a DeleteObjects off, passes it on to Ceph.
 *
 * Nginx says what the client asked for: `X-Original-URI`, `X-Original-Host` (default: Host),
 * `X-Original-Method`.
 */
export async function startPendingService(
  environment: Environment,
  ledger: Pool,
  options: { owner: string; url?: string },
): Promise<PendingService> {
  const { leaseSeconds, requestSeconds } = environment.bounds;
  const take: TakeOptions = { owner: options.owner, leaseSeconds, requestSeconds };
  // Path-style, so that Nginx needs one host name for every bucket; S3 takes both.
  const source = await StoreClient.open({ ...environment.source, addressing: 'path' }, MIGRATION, {
    requestSeconds,
  });
  const server = createServer((request, response) => {
    answer({ environment, ledger, source, take }, request, response).catch((error: unknown) => {
      log.error({ reason: messageOf(error), url: request.url }, 'the pending list could not be asked');
      if (!response.headersSent) sendText(response, 503, messageOf(error));
      else response.destroy();
    });
  });
  const url = new URL(options.url ?? environment.pending.endpoint);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(Number(url.port), url.hostname, resolve);
  await promise.catch((error: unknown) => {
    throw new UserError(`The pending list cannot be served at ${url.href}: ${messageOf(error)}`, {
      exitCode: 3,
      cause: error,
    });
  });
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.origin,
    async close() {
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await closed;
      await source.close();
    },
  };
}

type Context = { environment: Environment; ledger: Pool; source: StoreClient; take: TakeOptions };

async function answer(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (new URL(request.url ?? '/', 'http://pending').pathname) {
    case '/pending/find':
      return find(context, request, response);
    case '/pending/take':
      return take(context, request, response);
    case '/pending/delete-many':
      return deleteMany(context, request, response);
    case '/health':
      await context.ledger.query('SELECT 1');
      return sendText(response, 200, 'ok');
    default:
      return sendText(response, 404, 'no such question');
  }
}

async function find(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { ledger, source } = context;
  const address = addressIn(context, request);
  if (address === null || !(await isPending(ledger, address.move.name, address.key))) {
    return sendText(response, 404, 'not pending');
  }
  await askPromotion(ledger, address.move.name, address.key);
  // A URL that is signed for GET does not serve a HEAD.
  const method = headerOf(request, 'x-original-method') === 'HEAD' ? 'HEAD' : 'GET';
  const presigned = await source.presign(method, address.move.sourceBucket, address.key, {
    expiresSeconds: PRESIGNED_SECONDS,
  });
  response.writeHead(200, { 'x-accel-redirect': internalPath(presigned), 'content-length': 0 }).end();
}

async function take(context: Context, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const address = addressIn(context, request);
  if (address !== null) await takeKeys(context.ledger, address.move.name, [address.key], context.take);
  sendText(response, 200, 'taken');
}

function addressIn({ environment }: Context, request: IncomingMessage): Address | null {
  const uri = headerOf(request, 'x-original-uri');
  if (uri === undefined) throw new Error('X-Original-URI is missing');
  const host = headerOf(request, 'x-original-host') ?? request.headers.host ?? '';
  return addressOf(environment.moves, uri, host);
}

export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
