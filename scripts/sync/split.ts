import type { ListedObject } from '../store/object.ts';

/** The keys after `after` (exclusive; '' is the beginning) until `until` (inclusive; null is the end). */
export type KeyRange = { after: string; until: string | null };
export type Split = { ranges: KeyRange[]; objects: number; bytes: number };

/**
 * Cuts a listing into ranges of `keysPerShard` keys that together cover every key there can be, also
 * those that are written after it. One pass; holds one key a range.
 */
export async function splitKeys(listing: AsyncIterable<ListedObject>, keysPerShard: number): Promise<Split> {
  const ranges: KeyRange[] = [];
  let after = '';
  let last = '';
  let objects = 0;
  let bytes = 0;
  for await (const { key, size } of listing) {
    // Cut before the first key of the next shard, so that the last shard is never an empty one.
    if (objects > 0 && objects % keysPerShard === 0) {
      ranges.push({ after, until: last });
      after = last;
    }
    objects += 1;
    bytes += size;
    last = key;
  }
  return { ranges: [...ranges, { after, until: null }], objects, bytes };
}
