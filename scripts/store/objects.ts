import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { hasCode, StoreError } from './errors.ts';
import type { Transport } from './http.ts';
import { readHead, unquote, writeAttributes, type ObjectAttributes, type ObjectHead } from './object.ts';
import { childrenOf, escapeXml, parseXml, textOf } from './xml.ts';

/** Called right before each attempt to change something, and before each chunk of a stream; may throw. */
export type Guard = { assertLive?: (() => void) | undefined };
export type PutOptions = ObjectAttributes &
  Guard & {
    /** Bytes. Must be right for a stream; a Buffer's own length is used otherwise. */
    contentLength?: number;
    /** Base64. The store refuses other bytes with BadDigest (RGW 16.2.15 too: tried). */
    contentMd5?: string;
    /** Only where there is no such key: 412 PreconditionFailed otherwise. */
    ifNoneMatch?: '*';
  };

/** Codes that say that this key, or this version of it, is not there, though the bucket is. */
const MISSING = ['NoSuchKey', 'NoSuchVersion'];

export async function headObject(
  transport: Transport,
  bucket: string,
  key: string,
  { proof = true, ...options }: { versionId?: string; proof?: boolean } = {},
): Promise<ObjectHead | null> {
  const query = versionQuery(options.versionId);
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await transport.send({ method: 'HEAD', bucket, key, query });
      return readHead(key, answer.headers);
    } catch (error) {
      if (!(error instanceof StoreError && (error.status === 404 || error.status === 400))) {
        throw error;
      }
      if (error.status === 404 && !proof) return null;
    }
    // HEAD has no document. A 404 may as well be the bucket that is missing, and a 400 be about anything (a key of
    // SSE-C that it lacks): GET says which.
    const found = await getObject(transport, bucket, key, { ...options, range: 'bytes=0-0' });
    if (found === null) {
      return null;
    }
    found.body.destroy();
    if (attempt === 3) {
      return found.head; // it keeps appearing and vanishing: what GET said is as true as anything
    }
  }
}

export async function getObject(
  transport: Transport,
  bucket: string,
  key: string,
  options: { ifMatch?: string; range?: string; versionId?: string } = {},
): Promise<{ head: ObjectHead; body: Readable } | null> {
  const headers = {
    ...(options.ifMatch !== undefined && { 'if-match': `"${options.ifMatch}"` }),
    ...(options.range !== undefined && { range: options.range }),
  };
  const query = versionQuery(options.versionId);
  try {
    const answer = await transport.stream({ method: 'GET', bucket, key, query, headers });
    return { head: readHead(key, answer.headers), body: answer.body };
  } catch (error) {
    if (hasCode(error, ...MISSING)) {
      return null;
    }
    if (hasCode(error, 'InvalidRange') && options.range === 'bytes=0-0') {
      const { ifMatch, versionId } = options; // an empty object has no first byte
      return getObject(transport, bucket, key, {
        ...(ifMatch !== undefined && { ifMatch }),
        ...(versionId !== undefined && { versionId }),
      });
    }
    throw error;
  }
}

/** An object of at most so many bytes; `bytes` is null where it is bigger. Null where it is not there. */
export async function readObject(
  transport: Transport,
  bucket: string,
  key: string,
  options: { atMost: number; versionId?: string | undefined },
): Promise<{ head: ObjectHead; bytes: Buffer | null } | null> {
  const query = versionQuery(options.versionId);
  try {
    const { headers, bytes } = await transport.read({ method: 'GET', bucket, key, query }, options.atMost);
    return { head: readHead(key, headers), bytes };
  } catch (error) {
    if (hasCode(error, ...MISSING)) return null;
    throw error;
  }
}

export async function putObject(
  transport: Transport,
  bucket: string,
  key: string,
  body: Buffer | AsyncIterable<Buffer>,
  options: PutOptions,
): Promise<{ etag: string; versionId?: string }> {
  const length = Buffer.isBuffer(body) ? body.length : options.contentLength;
  if (length === undefined) {
    throw new TypeError('a streamed PUT needs contentLength');
  }
  const answer = await transport.send({
    method: 'PUT',
    bucket,
    key,
    headers: {
      ...writeAttributes(options),
      'content-length': String(length),
      ...(options.contentMd5 !== undefined && { 'content-md5': options.contentMd5 }),
      ...(options.ifNoneMatch !== undefined && { 'if-none-match': options.ifNoneMatch }),
    },
    body: length === 0 ? Buffer.alloc(0) : body,
    assertLive: options.assertLive,
    // A second conditional PUT would find the first one's object and report a conflict with itself.
    repeatable: options.ifNoneMatch === undefined,
  });
  return withVersion({ etag: unquote(answer.headers['etag'] ?? '') }, answer.headers);
}

export async function deleteObject(
  transport: Transport,
  bucket: string,
  key: string,
  options: { versionId?: string } & Guard = {},
): Promise<{ deleteMarker: boolean; versionId?: string }> {
  const query = versionQuery(options.versionId);
  const answer = await transport.send({
    method: 'DELETE',
    bucket,
    key,
    query,
    assertLive: options.assertLive,
  });
  const deleteMarker = answer.headers['x-amz-delete-marker'] === 'true';
  return withVersion({ deleteMarker }, answer.headers);
}

export type Doomed = string | { key: string; versionId: string };

/** Deletes up to 1,000 keys by one request. Throws when the store reports that any could not be. */
export async function deleteObjects(
  transport: Transport,
  bucket: string,
  doomed: Doomed[],
  options: Guard = {},
): Promise<void> {
  const named = doomed.map((item) => (typeof item === 'string' ? { key: item } : item));
  const fits = named.filter(({ key }) => !NOT_IN_XML.test(key));
  for (const { key, ...version } of named.filter((item) => !fits.includes(item))) {
    await deleteObject(transport, bucket, key, { ...version, ...options });
  }
  if (fits.length === 0) {
    return;
  }
  const items = fits.map((item) => {
    const version = 'versionId' in item ? `<VersionId>${escapeXml(item.versionId)}</VersionId>` : '';
    return `<Object><Key>${escapeXml(transport.prefix + item.key)}</Key>${version}</Object>`;
  });
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${items.join('')}</Delete>`);
  const answer = await transport.send({
    method: 'POST',
    bucket,
    query: { delete: '' },
    headers: {
      'content-type': 'application/xml',
      'content-md5': createHash('md5').update(body).digest('base64'),
    },
    body,
    repeatable: true,
    assertLive: options.assertLive,
  });
  const errors = childrenOf(parseXml(answer.text, 'DeleteResult'), 'Error');
  const [first] = errors;
  if (first !== undefined) {
    const code = textOf(first, 'Code') ?? 'Unknown';
    throw new StoreError(
      `${errors.length} of ${doomed.length} keys of ${bucket} could not be deleted; the first is ${textOf(first, 'Key')}: ${code}`,
      { status: 200, code },
    );
  }
}

// Not in an XML document, not even as a reference; RGW answers 400 to all of it. Such keys go by one
// DELETE each.
// eslint-disable-next-line no-control-regex
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Names a version in a request; the latest is asked for without one. */
export function versionQuery(versionId: string | undefined): Record<string, string> {
  return versionId === undefined ? {} : { versionId };
}

function withVersion<T extends object>(
  result: T,
  headers: Record<string, string>,
): T & { versionId?: string } {
  const versionId = headers['x-amz-version-id'];
  return versionId === undefined ? result : { ...result, versionId };
}
