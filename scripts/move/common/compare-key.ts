import { messageOf } from '../../contract/errors.ts';
import { sameBytes } from '../../store/bytes.ts';
import { compareObjects, describe, type Described } from '../../store/compare.ts';
import { hasCode, StoreError } from '../../store/errors.ts';
import { isProven, type ProvenPair } from '../../ledger/proven-pairs.ts';
import { etagIsDigest } from '../../store/object.ts';
import type { PairMemory } from './pair-memory.ts';
import type { Pair } from './pair.ts';

/** One key on both sides, and what differs. */
export type Comparison = {
  key: string;
  /** Names of what differs; empty when the key is proven equal, or on neither side. */
  differs: string[];
  /** The source's object, where there is one and it could be described. */
  source: Described | null;
  /** The target's ETag where it is another, and the bytes are known to be the same. */
  targetEtag?: string;
  /** The bytes of both sides were read and are the same. */
  bytesRead: boolean;
};

export type CompareOptions = {
  /** Reads the bytes of both sides in any case. */
  full: boolean;
  /** What was proven before, and where what is proven now is kept. */
  memory: PairMemory;
  /** What the memory has of this key, where that has been looked up. */
  pairs?: readonly ProvenPair[] | undefined;
  /** By key the ETags whose bytes were read and differ, so that they are not read again and again. */
  unequal?: Map<string, string>;
};
type Judgement = Pick<Comparison, 'differs' | 'bytesRead' | 'targetEtag'>;

export const MISSING = 'missing at the target';
export const EXTRA = 'only at the target';
const UNREADABLE = 'could not compare';

/** Storage classes whose bytes cannot be read before somebody restores them. */
export const ARCHIVED: readonly string[] = ['GLACIER', 'DEEP_ARCHIVE'];

/**
 * Compares one key by HEAD, tags and ACL of both sides, as they are now; where the ETags cannot tell, by what was
 * proven of exactly these two objects, or else by their bytes. What cannot be compared is a difference, never a
 * match. Throws where a store does not answer: that says nothing about the key.
 */
export async function compareKey(pair: Pair, key: string, options: CompareOptions): Promise<Comparison> {
  let source: Described | null = null;
  try {
    const both = await Promise.all([
      describe(pair.source, pair.move.sourceBucket, key),
      describe(pair.target, pair.move.targetBucket, key),
    ]);
    source = both[0];
    return { key, source, ...(await judge(pair, key, both, options)) };
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
  { full, memory, pairs, unequal }: CompareOptions,
): Promise<Judgement> {
  if (source === null) return { differs: target === null ? [] : [EXTRA], bytesRead: false };
  if (target === null) return { differs: [missingText(source.head.storageClass)], bytesRead: false };
  const differs = compareObjects(source, target);
  // An ETag that is no digest of the bytes cannot tell that they differ: only they can.
  const opaque = differs.includes('etag') && !(etagIsDigest(source.head) && etagIsDigest(target.head));
  if (differs.includes('size') || (!opaque && !full)) return { differs, bytesRead: false };
  const others = opaque ? differs.filter((name) => name !== 'etag') : differs;
  const told = opaque ? { differs: others, targetEtag: target.head.etag } : { differs };
  if (opaque && !full && isProven(pairs ?? (await memory.of(key)), source.head, target.head)) {
    return { ...told, bytesRead: false };
  }
  const both = `${source.head.etag} ${target.head.etag}`;
  if (unequal?.get(key) === both || !(await bytesAreSame(pair, key, source.head.etag, target.head.etag))) {
    unequal?.set(key, both);
    return { differs: [...differs, 'bytes'], bytesRead: false };
  }
  // Where something else differs another copy is due, which a pair would keep sync from making.
  if (opaque && others.length === 0) await memory.keepRead(source.head, target.head);
  return { ...told, bytesRead: true };
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
