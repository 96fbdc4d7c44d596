import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { sameBytes } from './bytes.ts';
import type { CopyRequest, CopyResult } from './copying.ts';
import { hasCode, StoreError } from './errors.ts';
import { partCount, type ObjectAttributes, type ObjectHead } from './object.ts';
import { askPartSizes, EtagOfParts, evenParts, MIB, plausiblePartSizes } from './parts.ts';
import { connectionTrouble } from './trouble.ts';

/** Parts of one object on their way at once. */
const PARALLEL_PARTS = 3;
const PART_ATTEMPTS = 3;
/** S3 takes no smaller parts but as the last. */
const LEAST_PART = 5 * MIB;

/**
 * Copies an object part by part with the source's own boundaries, so that its ETag is reproduced; proves
 * the whole by its bytes where it is not. An upload that fails is aborted.
 */
export async function copyInParts(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<CopyResult> {
  const { source, sourceBucket, target, targetBucket, key, assertLive } = request;
  const targetKey = request.targetKey ?? key;
  const sizes =
    (await askPartSizes(source, sourceBucket, key, head)) ?? (await inferPartSizes(request, head));
  if (request.ownsTarget === true) {
    await abortLeftovers(request, targetKey);
  }
  const { tags = {}, ...rest } = attributes;
  const uploadId = await target.createUpload(targetBucket, targetKey, { ...rest, assertLive });
  let etag: string;
  try {
    const parts = await copyParts(request, head, sizes, uploadId);
    ({ etag } = await target.completeUpload(targetBucket, targetKey, { uploadId, parts, assertLive }));
  } catch (error) {
    // Not guarded by the lease: it takes back only what this very call began.
    await target.abortUpload(targetBucket, targetKey, { uploadId }).catch(() => undefined);
    throw error;
  }
  if (Object.keys(tags).length > 0) {
    // RGW 16.2.15 loses tags that are given when an upload begins.
    await target.setTags(targetBucket, targetKey, tags, { assertLive });
  }
  const etagReproduced = etag === head.etag;
  if (!etagReproduced) {
    const equal = await sameBytes(
      { client: source, bucket: sourceBucket, key, etag: head.etag },
      { client: target, bucket: targetBucket, key: targetKey, etag },
    );
    if (!equal) {
      throw new StoreError(`The copy of ${key} has other bytes than its source`, {
        status: 0,
        code: 'DigestMismatch',
        retryable: true,
      });
    }
  }
  return { outcome: 'copied', bytes: head.size, etag, etagReproduced };
}

/**
 * Finds the part size that gives the source's ETag by reading the object once. Where none does (uneven
 * parts), any boundaries must do.
 */
async function inferPartSizes(request: CopyRequest, head: ObjectHead): Promise<number[]> {
  const count = partCount(head.etag) ?? 1;
  const candidates = plausiblePartSizes(head.size, count).map((size) => new EtagOfParts(size));
  if (count > 1) {
    for await (const chunk of readRange(request, head, 0, head.size)) {
      for (const candidate of candidates) {
        candidate.update(chunk);
      }
    }
  }
  const proven = count === 1 ? candidates[0] : candidates.find((candidate) => candidate.etag() === head.etag);
  const partSize = proven?.partSize ?? Math.max(LEAST_PART, Math.ceil(head.size / count));
  return evenParts(head.size, partSize);
}

async function copyParts(
  request: CopyRequest,
  head: ObjectHead,
  sizes: number[],
  uploadId: string,
): Promise<{ partNumber: number; etag: string }[]> {
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 0));
  const parts = new Array<{ partNumber: number; etag: string }>(sizes.length);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < sizes.length && !failed) {
      const index = next++;
      try {
        const etag = await copyPart(request, head, {
          uploadId,
          partNumber: index + 1,
          start: starts[index] ?? 0,
          size: sizes[index] ?? 0,
        });
        parts[index] = { partNumber: index + 1, etag };
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  // All are waited for before the upload is aborted: a part that arrives after that would stay for ever.
  const results = await Promise.allSettled(Array.from({ length: PARALLEL_PARTS }, work));
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected !== undefined) {
    throw rejected.reason;
  }
  return parts;
}

async function copyPart(
  request: CopyRequest,
  head: ObjectHead,
  part: { uploadId: string; partNumber: number; start: number; size: number },
): Promise<string> {
  const { target, targetBucket, key, assertLive } = request;
  for (let attempt = 1; ; attempt++) {
    const hash = createHash('md5');
    async function* digested(): AsyncGenerator<Buffer> {
      for await (const chunk of readRange(request, head, part.start, part.size)) {
        hash.update(chunk);
        yield chunk;
      }
    }
    try {
      const etag = await target.uploadPart(targetBucket, request.targetKey ?? key, {
        uploadId: part.uploadId,
        partNumber: part.partNumber,
        body: Readable.from(digested(), { objectMode: false }),
        contentLength: part.size,
        assertLive,
      });
      const md5 = hash.digest('hex');
      if (etag !== md5) {
        throw new StoreError(`Part ${part.partNumber} of ${key} arrived with MD5 ${etag} instead of ${md5}`, {
          status: 0,
          code: 'DigestMismatch',
          retryable: true,
        });
      }
      return etag;
    } catch (error) {
      if (attempt === PART_ATTEMPTS || !(error instanceof StoreError && error.retryable)) {
        throw error;
      }
    }
  }
}

/** Bytes of the very object that `head` is of; throws PreconditionFailed when it is another by now. */
export async function* readRange(
  request: CopyRequest,
  head: ObjectHead,
  start: number,
  size: number,
): AsyncGenerator<Buffer> {
  const { source, sourceBucket, key } = request;
  const found = await source.get(sourceBucket, key, {
    ifMatch: head.etag,
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

/** Aborts uploads of this key that a killed process of ours began. */
async function abortLeftovers(request: CopyRequest, targetKey: string): Promise<void> {
  const { target, targetBucket, assertLive } = request;
  for await (const upload of target.listUploads(targetBucket, { prefix: targetKey })) {
    if (upload.key === targetKey) {
      try {
        await target.abortUpload(targetBucket, targetKey, { uploadId: upload.uploadId, assertLive });
      } catch (error) {
        if (!hasCode(error, 'NoSuchUpload')) {
          throw error;
        }
      }
    }
  }
}
