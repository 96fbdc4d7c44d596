import { createHash, hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { grantHeaders, type Grant } from './attributes.ts';
import type { StoreClient } from './client.ts';
import { copyInParts, readRange } from './copying-parts.ts';
import { hasCode, StoreError } from './errors.ts';
import { isPlainDigest, partCount, type ObjectAttributes, type ObjectHead } from './object.ts';

export type CopyRequest = {
  source: StoreClient;
  sourceBucket: string;
  target: StoreClient;
  targetBucket: string;
  key: string;
  /** Default: the same as `key`. */
  targetKey?: string;
  /** Called right before every request that changes the target, and while bytes flow to it. May throw. */
  assertLive?: () => void;
  /**
   * Only where the target never had the key: throws StoreError PreconditionFailed otherwise. RGW 16.2.15
   * ignores conditions when an upload is completed, so an object of parts is then written as one, and
   * its ETag is not reproduced.
   */
  ifNoneMatch?: '*';
  /**
   * Nobody else uploads to the target bucket (before the cutover, or the bucket for what is kept aside):
   * open uploads of this key are then what a killed process left, and are aborted. Default: false.
   */
  ownsTarget?: boolean;
  /** The target's storage class for objects whose last change is so many days ago. Default: none. */
  coldClass?: { storageClass: string; afterDays: number } | undefined;
};

export type CopyResult = {
  /** `gone`: the source has no such object. Nothing was done at the target. */
  outcome: 'copied' | 'gone';
  bytes: number;
  /** The copy's ETag; empty when gone. */
  etag: string;
  /** Whether the copy's ETag is the source's. If not, the bytes were proven equal another way. */
  etagReproduced: boolean;
  /** The version that this copy became, where the target's bucket is versioned and the copy was one PUT. */
  versionId?: string;
};

const ATTEMPTS = 5;
const DAY_MS = 86_400_000;
/** Up to this size an object is held in memory: checked before it is sent, and sent again if need be. */
const BUFFERED_BYTES = 1024 * 1024;

/**
 * Copies one object with its content headers, metadata, tags and the grants of others than its owner.
 * Bytes are proven on the way: MD5 against the source's ETag, and the target's ETag against the MD5. An
 * object that changes while it is read is copied anew.
 *
 * @throws StoreError when it could not be copied; whatever `assertLive` throws, as it is
 */
export async function copyObject(request: CopyRequest): Promise<CopyResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await copyOnce(request);
    } catch (error) {
      if (attempt === ATTEMPTS || !isWorthAnother(request, error)) {
        throw error;
      }
      await sleep(20 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

async function copyOnce(request: CopyRequest): Promise<CopyResult> {
  const { source, sourceBucket, key } = request;
  // Asked for beside the body, not after it: the one does not wait for the other.
  const grants = source.grants(sourceBucket, key);
  grants.catch(() => undefined); // of an object that is gone nobody asks
  const found = await source.read(sourceBucket, key, { atMost: BUFFERED_BYTES });
  if (found === null) {
    return { outcome: 'gone', bytes: 0, etag: '', etagReproduced: true };
  }
  const { head, bytes } = found;
  const inParts = partCount(head.etag) !== undefined && request.ifNoneMatch === undefined;
  const attributes = await attributesOf(request, head, grants);
  if (bytes !== null && !inParts) {
    return copyBuffered(request, head, attributes, bytes);
  }
  return inParts ? copyInParts(request, head, attributes) : copyStreamed(request, head, attributes);
}

/**
 * Whether another attempt makes sense. A 412 or 404 of the source means that the object changed under
 * us; one of the target means that the condition does not hold.
 */
function isWorthAnother(request: CopyRequest, error: unknown): boolean {
  if (!(error instanceof StoreError)) {
    return false;
  }
  if (request.ifNoneMatch !== undefined) {
    // What a lost answer did is not known: a second try would find its own object.
    return hasCode(error, 'NoSuchKey', 'DigestMismatch');
  }
  const changed = hasCode(error, 'PreconditionFailed', 'NoSuchKey', 'NoSuchUpload', 'BadDigest');
  return changed || (error.retryable && error.code !== 'Deadline');
}

/** What the copy shall have besides its bytes. */
async function attributesOf(
  request: CopyRequest,
  head: ObjectHead,
  asked: Promise<Grant[]>,
): Promise<ObjectAttributes> {
  const { source, sourceBucket, target, targetBucket, key, coldClass } = request;
  const [tags, grants] = await Promise.all([
    (head.tagCount ?? 0) > 0 ? source.tags(sourceBucket, key) : {},
    asked,
  ]);
  const isCold =
    coldClass !== undefined && Date.now() - head.lastModified.getTime() > coldClass.afterDays * DAY_MS;
  return {
    headers: head.headers,
    metadata: head.metadata,
    tags,
    ...(isCold && { storageClass: coldClass.storageClass }),
    // The bucket is the applications', the object ours: without this its owner could not read it.
    ...(grants.length === 0
      ? { acl: 'bucket-owner-full-control' }
      : { grants: grantHeaders(grants, await target.bucketOwner(targetBucket)) }),
  };
}

async function copyBuffered(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
  bytes: Buffer,
): Promise<CopyResult> {
  const md5 = hash('md5', bytes, 'hex');
  proveRead(head, bytes.length, md5);
  const put = await request.target.put(request.targetBucket, request.targetKey ?? request.key, bytes, {
    ...attributes,
    contentMd5: Buffer.from(md5, 'hex').toString('base64'),
    ...conditionOf(request),
  });
  return written(head, put, md5);
}

async function copyStreamed(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<CopyResult> {
  const digest = createHash('md5');
  let length = 0;
  async function* digested(): AsyncGenerator<Buffer> {
    for await (const chunk of readRange(request, head, 0, head.size)) {
      digest.update(chunk);
      length += chunk.length;
      yield chunk;
    }
  }
  const stream = Readable.from(digested(), { objectMode: false });
  const put = await request.target.put(request.targetBucket, request.targetKey ?? request.key, stream, {
    ...attributes,
    contentLength: head.size,
    // The target refuses other bytes than the source's ETag names, before it makes them an object.
    ...(etagIsDigest(head) && { contentMd5: Buffer.from(head.etag, 'hex').toString('base64') }),
    ...conditionOf(request),
  });
  const md5 = digest.digest('hex');
  proveRead(head, length, md5);
  return written(head, put, md5);
}

function conditionOf(request: CopyRequest): { assertLive?: () => void; ifNoneMatch?: '*' } {
  return {
    ...(request.assertLive !== undefined && { assertLive: request.assertLive }),
    ...(request.ifNoneMatch !== undefined && { ifNoneMatch: request.ifNoneMatch }),
  };
}

/** With SSE-KMS and SSE-C an ETag looks like an MD5 and is none. */
function etagIsDigest(head: ObjectHead): boolean {
  return isPlainDigest(head.etag) && (head.encryption === undefined || head.encryption === 'AES256');
}

function proveRead(head: ObjectHead, length: number, md5: string): void {
  if (length !== head.size || (etagIsDigest(head) && md5 !== head.etag)) {
    throw new StoreError(
      `What was read of ${head.key} has ${length} bytes and MD5 ${md5}; the source says ${head.size} and ${head.etag}`,
      { status: 0, code: 'DigestMismatch', retryable: true },
    );
  }
}

function written(head: ObjectHead, put: { etag: string; versionId?: string }, md5: string): CopyResult {
  const { etag, versionId } = put;
  if (etag !== md5) {
    throw new StoreError(`The target stored ${head.key} with ETag ${etag} instead of ${md5}`, {
      status: 0,
      code: 'DigestMismatch',
      retryable: true,
    });
  }
  const result: CopyResult = {
    outcome: 'copied',
    bytes: head.size,
    etag,
    etagReproduced: etag === head.etag,
  };
  return versionId === undefined ? result : { ...result, versionId };
}
