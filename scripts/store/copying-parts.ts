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

/** An upload whose parts have all arrived. */
type Arrived = { uploadId: string; parts: UploadedPart[]; etag: string };
type UploadedPart = { partNumber: number; etag: string };

/**
 * Copies an object part by part with the source's own boundaries, so that its ETag is reproduced: by the MD5s
 * that the target answers for the parts it is known to be, before they are made an object. Where it cannot
 * be, the parts that have arrived are made one all the same, once their digests are those of the source's bytes. An
 * upload that fails is aborted.
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
  const made = await makeOfParts(request, head, rest);
  if (Object.keys(tags).length > 0) {
    // RGW 16.2.15 loses tags that are given when an upload begins.
    await target.setTags(targetBucket, targetKey, tags, { assertLive });
  }
  const result = { outcome: 'copied' as const, bytes: head.size, sourceEtag: head.etag, ...made };
  return { ...result, etagReproduced: made.etag === head.etag };
}

async function makeOfParts(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<Pick<CopyResult, 'etag' | 'versionId' | 'provenBy'>> {
  const { target, targetBucket, key, assertLive } = request;
  const targetKey = request.targetKey ?? key;
  let arrived: (Arrived & Pick<Boundaries, 'sizes'>) | undefined;
  const abort = ({ uploadId }: Pick<Arrived, 'uploadId'>): Promise<void> =>
    // Not guarded by the lease: it takes back only what this very call began.
    target.abortUpload(targetBucket, targetKey, { uploadId }).catch(() => undefined);
  try {
    for await (const boundaries of boundariesOf(request, head)) {
      const { sizes } = boundaries;
      if (arrived !== undefined && arrived.sizes.join() !== sizes.join()) {
        await abort(arrived);
        arrived = undefined;
      }
      arrived ??= { sizes, ...(await upload(boundaries, request, head, attributes, abort)) };
      if (boundaries.etag !== undefined && boundaries.etag !== arrived.etag) continue;
      const { uploadId, parts, etag } = arrived;
      const made = await target.completeUpload(targetBucket, targetKey, { uploadId, parts, assertLive });
      arrived = undefined;
      if (made.etag === etag) return { ...made, provenBy: 'part digests' };
      // The target's own ETag is no digest of the parts.
      await proveByBytes(request, head, made.etag);
      return { ...made, provenBy: 'bytes' };
    }
    throw otherBytes(key);
  } finally {
    if (arrived !== undefined) await abort(arrived);
  }
}

async function upload(
  { sizes, etag }: Boundaries,
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
  abort: (upload: { uploadId: string }) => Promise<void>,
): Promise<Arrived> {
  const { target, targetBucket, key, assertLive } = request;
  const options = { ...attributes, assertLive };
  const uploadId = await target.createUpload(targetBucket, request.targetKey ?? key, options);
  try {
    const parts = await copyParts(request, head, sizes, { uploadId, proveEach: etag === undefined });
    const digests = parts.map((part) => Buffer.from(part.etag, 'hex'));
    return { uploadId, parts, etag: multipartEtag(digests) };
  } catch (error) {
    await abort({ uploadId });
    throw error;
  }
}

async function proveByBytes(request: CopyRequest, head: ObjectHead, etag: string): Promise<void> {
  const { source, sourceBucket, target, targetBucket, targetKey, key, versionId } = request;
  const equal = await sameBytes(
    { client: source, bucket: sourceBucket, key, etag: head.etag, versionId },
    { client: target, bucket: targetBucket, key: targetKey ?? key, etag },
  );
  if (!equal) throw otherBytes(key);
}

function otherBytes(key: string): StoreError {
  return new StoreError(`The copy of ${key} has other bytes than its source`, {
    status: 0,
    code: 'DigestMismatch',
    retryable: true,
  });
}

async function copyParts(
  request: CopyRequest,
  head: ObjectHead,
  sizes: number[],
  upload: { uploadId: string; proveEach: boolean },
): Promise<UploadedPart[]> {
  let start = 0;
  const starts = sizes.map((size) => (start += size) - size);
  const parts = new Array<UploadedPart>(sizes.length);
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
