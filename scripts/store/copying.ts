import { createHash, hash } from 'node:crypto';
import { again, mayPass } from './again.ts';
import { explainGrants, grantHeaders, type Grant } from './attributes.ts';
import type { StoreClient } from './client.ts';
import { copyInParts } from './copying-parts.ts';
import { hasCode, StoreError } from './errors.ts';
import { etagIsDigest, partCount, type ObjectAttributes, type ObjectHead } from './object.ts';
import { digested, readRange } from './source-bytes.ts';
import type { CopyRequest, CopyResult } from './copy-request.ts';

const DAY_MS = 86_400_000;
/** Up to this size an object is held in memory, so that it can be sent again if need be. */
const BUFFERED_BYTES = 1024 * 1024;

/**
 * Copies one object with its content headers, metadata, tags and the grants of others than its owner.
 * Bytes are proven on the way: what the target computed of them must be the source's ETag, or else the MD5 of
 * what was read. An object that changes while it is read is copied again.
 *
 * @throws StoreError when it could not be copied; whatever `assertLive` throws, as it is
 */
export function copyObject(request: CopyRequest): Promise<CopyResult> {
  return again(
    () => copyOnce(request),
    (error) => isWorthAnother(request, error),
  );
}

async function copyOnce(request: CopyRequest): Promise<CopyResult> {
  const { source, sourceBucket, key, versionId } = request;
  // Asked for beside the body, not after it: the one does not wait for the other.
  const grants = source.grants(sourceBucket, key, { versionId });
  grants.catch(() => undefined); // of an object that is gone nobody asks
  const found = await source.read(sourceBucket, key, { atMost: BUFFERED_BYTES, versionId });
  if (found === null) {
    return { outcome: 'gone', bytes: 0, sourceEtag: '', etag: '', etagReproduced: true, provenBy: 'bytes' };
  }
  const { head, bytes } = found;
  const inParts = partCount(head.etag) !== undefined && request.ifNoneMatch === undefined;
  const attributes = await attributesOf(request, head, grants);
  try {
    if (bytes !== null && !inParts) {
      return await copyBuffered(request, head, attributes, bytes);
    }
    return await (inParts ? copyInParts : copyStreamed)(request, head, attributes);
  } catch (error) {
    throw attributes.grants === undefined ? error : explainGrants(error, head.key, await grants);
  }
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
  return changed || mayPass(error);
}

/** What the copy shall have besides its bytes. */
async function attributesOf(
  request: CopyRequest,
  head: ObjectHead,
  asked: Promise<Grant[]>,
): Promise<ObjectAttributes> {
  const { source, sourceBucket, target, targetBucket, key, versionId, coldClass } = request;
  const [tags, grants] = await Promise.all([
    (head.tagCount ?? 0) > 0 ? source.tags(sourceBucket, key, { versionId }) : {},
    asked,
  ]);
  const isCold =
    coldClass !== undefined && Date.now() - head.lastModified.getTime() > coldClass.afterDays * DAY_MS;
  return {
    headers: head.headers,
    metadata: head.metadata,
    tags,
    ...(isCold && { storageClass: coldClass.storageClass }),
    ...(await aclOf(target, targetBucket, grants)),
  };
}

/** Grants are sent even where the target is known to take none: its refusal is what is reported of the key. */
async function aclOf(
  target: StoreClient,
  bucket: string,
  grants: Grant[],
): Promise<Pick<ObjectAttributes, 'acl' | 'grants'>> {
  if (grants.length > 0) return { grants: grantHeaders(grants, await target.bucketOwner(bucket)) };
  // The bucket is the applications', the object ours: without this its owner could not read it.
  return (await target.acls(bucket)) === 'none' ? {} : { acl: 'bucket-owner-full-control' };
}

async function copyBuffered(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
  bytes: Buffer,
): Promise<CopyResult> {
  if (bytes.length !== head.size) throw misread(head, `${bytes.length} bytes`);
  const md5 = etagIsDigest(head) ? head.etag : hash('md5', bytes, 'hex');
  return put(request, head, attributes, { bytes, md5: () => md5, announced: md5 });
}

async function copyStreamed(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
): Promise<CopyResult> {
  const bytes = readRange(request, head, 0, head.size);
  if (etagIsDigest(head)) {
    return put(request, head, attributes, { bytes, md5: () => head.etag, announced: head.etag });
  }
  const digest = createHash('md5');
  return put(request, head, attributes, { bytes: digested(bytes, digest), md5: () => digest.digest('hex') });
}

/**
 * Writes a copy of one piece. Where the source's ETag is the MD5 of its bytes nobody here computes it again:
 * the target gets it, refuses other bytes before it makes them an object, and answers what it computed.
 */
async function put(
  request: CopyRequest,
  head: ObjectHead,
  attributes: ObjectAttributes,
  body: { bytes: Buffer | AsyncIterable<Buffer>; announced?: string; md5: () => string },
): Promise<CopyResult> {
  const { target, targetBucket, targetKey, key, assertLive, ifNoneMatch } = request;
  const { announced, bytes } = body;
  const { etag, versionId } = await target.put(targetBucket, targetKey ?? key, bytes, {
    ...attributes,
    contentLength: head.size,
    ...(announced !== undefined && { contentMd5: Buffer.from(announced, 'hex').toString('base64') }),
    ...(assertLive !== undefined && { assertLive }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch }),
  });
  const md5 = body.md5();
  if (etag !== md5) throw misread(head, `ETag ${etag} at the target instead of ${md5}`);
  const result: CopyResult = {
    outcome: 'copied',
    bytes: head.size,
    sourceEtag: head.etag,
    etag,
    etagReproduced: etag === head.etag,
    provenBy: 'bytes',
  };
  return versionId === undefined ? result : { ...result, versionId };
}

function misread(head: ObjectHead, found: string): StoreError {
  return new StoreError(
    `${head.key} arrived with ${found}; the source says ${head.size} bytes, ETag ${head.etag}`,
    {
      status: 0,
      code: 'DigestMismatch',
      retryable: true,
    },
  );
}
