import { sameBytes } from '../../store/bytes.ts';
import { compareObjects, describe } from '../../store/compare.ts';
import { isProven } from '../../ledger/proven-pairs.ts';
import { isPlainDigest } from '../../store/object.ts';
import { copyKey } from './copy-key.ts';
import type { Merged } from '../common/merge.ts';
import { makeVersionsEqual } from './make-versions-equal.ts';
import type { KeyResult, SyncStores } from './stores.ts';

const EQUAL: KeyResult = { outcome: 'equal', copiedBytes: 0 };

/**
 * Makes the target equal to the source for one key, under a claim on it. What the listings said is only
 * where to look: everything that is changed at the target follows from what the source says now.
 */
export async function makeEqual(sides: SyncStores, merged: Merged): Promise<KeyResult> {
  if (sides.versions === true) return makeEqualNow(sides, merged.key);
  switch (merged.kind) {
    case 'equal':
      // Tags of an upload in parts are put after it is completed: a process killed in between leaves a
      // copy that listings cannot tell from a good one.
      return isPlainDigest(merged.source.etag) || (await isAsGoodAsCanBe(sides, merged.key))
        ? EQUAL
        : copy(sides, merged.key);
    case 'copy':
      // An ETag that is no digest (KMS), or of uneven parts that the source does not tell, cannot be reproduced:
      // its copy differs in every listing, and is looked at instead of being made again.
      return (await mayBeAsGood(sides, merged)) && (await isAsGoodAsCanBe(sides, merged.key))
        ? EQUAL
        : copy(sides, merged.key);
    case 'extra': {
      const head = await sides.source.head(sides.move.sourceBucket, merged.key);
      return head === null ? remove(sides, merged.key) : copy(sides, merged.key);
    }
  }
}

/** The same where no listing told anything of the key; with `versions` all of its history first. */
export async function makeEqualNow(sides: SyncStores, key: string): Promise<KeyResult> {
  return (sides.versions === true ? await makeVersionsEqual(sides, key) : null) ?? copy(sides, key);
}

async function copy(sides: SyncStores, key: string): Promise<KeyResult> {
  const { move, target } = sides;
  const { outcome, bytes } = await copyKey(sides, key);
  if (outcome === 'copied') {
    return { outcome, copiedBytes: bytes };
  }
  // Deleted since it was listed. The store has just said so of this key: the bucket is there.
  return (await target.head(move.targetBucket, key)) === null ? EQUAL : remove(sides, key);
}

async function remove(sides: SyncStores, key: string): Promise<KeyResult> {
  await sides.assertMayDelete(key);
  await sides.target.delete(sides.move.targetBucket, key, { assertLive: sides.assertLive });
  return { outcome: 'deleted', copiedBytes: 0 };
}

/** Whether it is worth a look: of a plain ETag another one says that the bytes differ, or that copying tells as much. */
async function mayBeAsGood(
  { memory }: SyncStores,
  { key, source, target }: Extract<Merged, { kind: 'copy' }>,
): Promise<boolean> {
  if (target?.size !== source.size) return false;
  if (!isPlainDigest(source.etag)) return true;
  const pairs = await memory.of(key);
  return pairs.some((pair) => pair.sourceEtag === source.etag && pair.targetEtag === target.etag);
}

/** Whether a copy is as good as it can be: all the same, but perhaps for an ETag, and then the same bytes. */
async function isAsGoodAsCanBe(sides: SyncStores, key: string): Promise<boolean> {
  const { move, source, target, memory } = sides;
  const [left, right] = await Promise.all([
    describe(source, move.sourceBucket, key),
    describe(target, move.targetBucket, key),
  ]);
  if (left === null || right === null) {
    return false;
  }
  const differs = compareObjects(left, right);
  if (differs.length === 0) return true;
  if (differs.join() !== 'etag') return false;
  if (isProven(await memory.of(key), left.head, right.head)) return true;
  if (isPlainDigest(left.head.etag)) return false;
  const same = await sameBytes(
    { client: source, bucket: move.sourceBucket, key, etag: left.head.etag },
    { client: target, bucket: move.targetBucket, key, etag: right.head.etag },
  );
  if (same) await memory.keepRead(left.head, right.head);
  return same;
}
