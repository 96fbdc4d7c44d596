import { createHash } from 'node:crypto';
import { sameBytes } from './bytes.ts';
import type { CopyRequest, CopyResult } from './copy-request.ts';
import { hasCode, StoreError } from './errors.ts';
import type { ObjectAttributes, ObjectHead } from './object.ts';
import { boundariesOf, type Boundaries } from './part-boundaries.ts';
import { multipartEtag } from './parts.ts';
import { digested, readRange } from './source-bytes.ts';

/** Parts of one object on their way at once. */
const PARALLEL_PARTS = 4;
const PART_ATTEMPTS = 3;

/**
 * Copies an object part by part with the source's own boundaries, so that its ETag is reproduced: by the MD5s
 * that the target answers for the parts it is known to be, before they are made an object. Where it cannot
 * be, the whole is proven by its bytes. An upload that fails is aborted.
 */
export async function copyInParts(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<CopyResult> {
  const { target, targetBucket, key, assertLive } = request;
  const targetKey = request.targetKey ?? key;
  if (request.ownsTarget === true) {
    await abortLeftovers(request, targetKey);
  }
  const { tags = {}, ...rest } = attributes;
  for await (const boundaries of boundariesOf(request, head)) {
    const etag = await uploadWith(boundaries, request, head, rest);
    if (etag === null) continue;
    if (Object.keys(tags).length > 0) {
      // RGW 16.2.15 loses tags that are given when an upload begins.
      await target.setTags(targetBucket, targetKey, tags, { assertLive });
    }
    const etagReproduced = etag === head.etag;
    if (!etagReproduced) await proveByBytes(request, head, etag);
    return { outcome: 'copied', bytes: head.size, etag, etagReproduced };
  }
  throw new TypeError('the last boundaries are any');
}

/** @returns the copy's ETag; null where these boundaries do not give the source's, and nothing was made */
async function uploadWith(
  { sizes, reproduces }: Boundaries,
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<string | null> {
  const { target, targetBucket, key, assertLive } = request;
  const targetKey = request.targetKey ?? key;
  const uploadId = await target.createUpload(targetBucket, targetKey, { ...attributes, assertLive });
  let isMade = false;
  try {
    const parts = await copyParts(request, head, sizes, { uploadId, proveEach: !reproduces });
    if (reproduces && multipartEtag(parts.map(({ etag }) => Buffer.from(etag, 'hex'))) !== head.etag) {
      return null;
    }
    const { etag } = await target.completeUpload(targetBucket, targetKey, { uploadId, parts, assertLive });
    isMade = true;
    return etag;
  } finally {
    // Not guarded by the lease: it takes back only what this very call began.
    if (!isMade) await target.abortUpload(targetBucket, targetKey, { uploadId }).catch(() => undefined);
  }
}

async function proveByBytes(request: CopyRequest, head: ObjectHead, etag: string): Promise<void> {
  const { source, sourceBucket, target, targetBucket, targetKey, key, versionId } = request;
  const equal = await sameBytes(
    { client: source, bucket: sourceBucket, key, etag: head.etag, versionId },
    { client: target, bucket: targetBucket, key: targetKey ?? key, etag },
  );
  if (!equal) {
    throw new StoreError(`The copy of ${key} has other bytes than its source`, {
      status: 0,
      code: 'DigestMismatch',
      retryable: true,
    });
  }
}

async function copyParts(
  request: CopyRequest,
  head: ObjectHead,
  sizes: number[],
  upload: { uploadId: string; proveEach: boolean },
): Promise<{ partNumber: number; etag: string }[]> {
  let start = 0;
  const starts = sizes.map((size) => (start += size) - size);
  const parts = new Array<{ partNumber: number; etag: string }>(sizes.length);
  let next = 0;
  let failed = false;
  const work = async (): Promise<void> => {
    while (next < sizes.length && !failed) {
      const index = next++;
      try {
        const etag = await copyPart(request, head, {
          ...upload,
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

/** @returns what the target says is the MD5 of the part; computed here too where `proveEach` */
async function copyPart(
  request: CopyRequest,
  head: ObjectHead,
  part: { uploadId: string; proveEach: boolean; partNumber: number; start: number; size: number },
): Promise<string> {
  const { target, targetBucket, key, assertLive } = request;
  for (let attempt = 1; ; attempt++) {
    const hash = part.proveEach ? createHash('md5') : null;
    const bytes = readRange(request, head, part.start, part.size);
    try {
      const etag = await target.uploadPart(targetBucket, request.targetKey ?? key, {
        uploadId: part.uploadId,
        partNumber: part.partNumber,
        body: hash === null ? bytes : digested(bytes, hash),
        contentLength: part.size,
        assertLive,
      });
      const md5 = hash?.digest('hex') ?? etag;
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
