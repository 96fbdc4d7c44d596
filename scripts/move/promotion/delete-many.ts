import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Environment, Move } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { childrenOf, parseXml, requiredText } from '../../store/xml.ts';
import { bucketOf } from './address.ts';
import { takeKeys, type TakeOptions } from './take.ts';

/** A thousand keys of 1,024 bytes, every byte written as an entity, stay below this. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Between two servers only, or ours: not part of what the client signed. */
const NOT_PASSED_ON = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-original-uri',
  'x-original-host',
  'x-original-method',
]);

/**
 * Takes the keys of a DeleteObjects request off the list and passes it on to Ceph byte for byte, with the
 * client's own Host and headers, so that its signature holds; the answer goes back as it comes.
 */
export async function deleteMany(
  context: { environment: Environment; ledger: Pool; take: TakeOptions },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { environment, ledger, take } = context;
  const uri = String(request.headers['x-original-uri'] ?? '');
  const host = String(request.headers['x-original-host'] ?? request.headers.host ?? '');
  const move = bucketOf(environment.moves, uri, host);
  if (move === null) return sendError(response, 404, 'NoSuchBucket');
  const body = await readBody(request);
  if (body === null) return sendError(response, 400, 'EntityTooLarge');
  const keys = keysToDelete(body);
  // Ceph might read such a document another way than we do: then a key would stay on the list.
  if (keys === null) return sendError(response, 400, 'MalformedXML');
  await takeKeys(ledger, move.name, keys, take);
  await passOn(environment, move, { uri, host, body }, request, response);
}

/** The keys that a DeleteObjects document names; null where it is none. */
export function keysToDelete(body: Buffer): string[] | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return childrenOf(parseXml(text, 'Delete'), 'Object').map((object) => requiredText(object, 'Key'));
  } catch {
    return null;
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function passOn(
  environment: Environment,
  move: Move,
  asked: { uri: string; host: string; body: Buffer },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) throw new Error(`There is no target "${move.targetCluster}"`);
  const origin = new URL(endpoint.endpoint);
  const headers: string[] = ['Host', asked.host, 'Content-Length', String(asked.body.length)];
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    const lower = name.toLowerCase();
    if (NOT_PASSED_ON.has(lower) || lower === 'host' || lower === 'content-length') continue;
    headers.push(name, request.rawHeaders[index + 1] ?? '');
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  // Not undici: it normalises the path, which the client has signed as it is.
  const outgoing = (origin.protocol === 'https:' ? httpsRequest : httpRequest)(
    {
      host: origin.hostname,
      port: origin.port,
      method: 'POST',
      path: asked.uri,
      headers,
      setHost: false,
      signal: AbortSignal.timeout(environment.bounds.requestSeconds * 1000),
    },
    resolve,
  );
  outgoing.once('error', reject);
  outgoing.end(asked.body);
  const answer = await promise;
  response.writeHead(answer.statusCode ?? 502, withoutHops(answer.rawHeaders));
  await pipeline(answer, response);
}

function withoutHops(rawHeaders: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!NOT_PASSED_ON.has(name.toLowerCase())) kept.push(name, rawHeaders[index + 1] ?? '');
  }
  return kept;
}

function sendError(response: ServerResponse, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}
