import type { ListedObject } from '../store/object.ts';

/** The keys after `after` (exclusive; '' is the beginning) until `until` (inclusive; null is the end). */
export type KeyRange = { after: string; until: string | null };
/** A range, and what the listing showed in it. */
export type Cut = KeyRange & { objects: number; bytes: number };

/**
 * Cuts a listing into ranges of `keysPerShard` keys that together cover every key there can be after
 * `after`, also those that are written later. One pass; holds one key. Each range comes as soon as the
 * first key of the next is known, so that the last is never an empty one.
 */
export async function* cutKeys(
  listing: AsyncIterable<ListedObject>,
  keysPerShard: number,
  after = '',
): AsyncGenerator<Cut> {
  let last = after;
  let cut = { after, objects: 0, bytes: 0 };
  for await (const { key, size } of listing) {
    if (cut.objects === keysPerShard) {
      yield { ...cut, until: last };
      cut = { after: last, objects: 0, bytes: 0 };
    }
    cut.objects += 1;
    cut.bytes += size;
    last = key;
  }
  yield { ...cut, until: null };
}
