import type { Hash } from 'node:crypto';
import type { CopyRequest } from './copy-request.ts';
import { StoreError } from './errors.ts';
import type { ObjectHead } from './object.ts';
import { connectionTrouble } from './trouble.ts';

/** Bytes of the very object that `head` is of; throws PreconditionFailed when it is another by now. */
export async function* readRange(
  request: CopyRequest,
  head: ObjectHead,
  start: number,
  size: number,
): AsyncGenerator<Buffer> {
  const { source, sourceBucket, key, versionId } = request;
  const found = await source.get(sourceBucket, key, {
    ifMatch: head.etag,
    ...(versionId !== undefined && { versionId }),
    ...(size < head.size && { range: `bytes=${start}-${start + size - 1}` }),
  });
  if (found === null) {
    throw new StoreError(`${key} was deleted while it was copied`, { status: 404, code: 'NoSuchKey' });
  }
  try {
    for await (const chunk of found.body) {
      yield chunk as Buffer;
    }
  } catch (error) {
    throw connectionTrouble(error, `GET /${sourceBucket}/${key}`);
  } finally {
    found.body.destroy();
  }
}

/** Bytes as they go by. */
export async function* digested(bytes: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
