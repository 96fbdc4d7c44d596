import { messageOf } from '../../contract/errors.ts';
import { sameBytes } from '../../store/bytes.ts';
import { compareObjects, describe, type Described } from '../../store/compare.ts';
import { hasCode, StoreError } from '../../store/errors.ts';
import { etagIsDigest } from '../../store/object.ts';
import type { Pair } from './pair.ts';

/** One key on both sides, and what differs. */
export type Comparison = {
  key: string;
  /** Names of what differs; empty when the key is proven equal, or on neither side. */
  differs: string[];
  /** The source's object, where there is one and it could be described. */
  source: Described | null;
  /** The bytes of both sides were read and are the same. */
  bytesRead: boolean;
};

export const MISSING = 'missing at the target';
export const EXTRA = 'only at the target';
const UNREADABLE = 'could not compare';

/** Storage classes whose bytes cannot be read before somebody restores them. */
export const ARCHIVED: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/**
 * Compares one key by HEAD, tags and ACL of both sides, as they are now; by its bytes too where the
 * ETags cannot tell. What cannot be compared is a difference, never a match. Throws where a store does
 * not answer: that says nothing about the key.
 *
 * @param options.full reads the bytes of both sides in any case
 */
export async function compareKey(pair: Pair, key: string, options: { full: boolean }): Promise<Comparison> {
  let source: Described | null = null;
  try {
    const both = await Promise.all([
      describe(pair.source, pair.move.sourceBucket, key),
      describe(pair.target, pair.move.targetBucket, key),
    ]);
    source = both[0];
    return { key, source, ...(await judge(pair, key, both, options.full)) };
  } catch (error) {
    // 400: the object wants a key that only its owner has (SSE-C). 403: it is archived, or not ours to read.
    if (error instanceof StoreError && error.status >= 400 && error.status < 500 && !error.retryable) {
      return { key, source, bytesRead: false, differs: [`${UNREADABLE}: ${messageOf(error)}`] };
    }
    throw error;
  }
}

async function judge(
  pair: Pair,
  key: string,
  [source, target]: [Described | null, Described | null],
  full: boolean,
): Promise<Pick<Comparison, 'differs' | 'bytesRead'>> {
  if (source === null) return { differs: target === null ? [] : [EXTRA], bytesRead: false };
  if (target === null) return { differs: [missingText(source.head.storageClass)], bytesRead: false };
  const differs = compareObjects(source, target);
  // An ETag that is no digest of the bytes cannot tell that they differ: only they can.
  const opaque = differs.includes('etag') && !(etagIsDigest(source.head) && etagIsDigest(target.head));
  if (differs.includes('size') || (!opaque && !full)) return { differs, bytesRead: false };
  if (!(await bytesAreSame(pair, key, source.head.etag, target.head.etag))) {
    return { differs: [...differs, 'bytes'], bytesRead: false };
  }
  return { differs: opaque ? differs.filter((name) => name !== 'etag') : differs, bytesRead: true };
}

function missingText(storageClass: string | undefined): string {
  return storageClass !== undefined && ARCHIVED.includes(storageClass)
    ? `${MISSING} (storage class ${storageClass}: it must be restored before it can be read)`
    : MISSING;
}

/** An object that changes while it is read counts as different: it is looked at again. */
async function bytesAreSame(
  pair: Pair,
  key: string,
  sourceEtag: string,
  targetEtag: string,
): Promise<boolean> {
  const { source, target, move } = pair;
  try {
    return await sameBytes(
      { client: source, bucket: move.sourceBucket, key, etag: sourceEtag },
      { client: target, bucket: move.targetBucket, key, etag: targetEtag },
    );
  } catch (error) {
    if (hasCode(error, 'PreconditionFailed')) return false;
    throw error;
  }
}
