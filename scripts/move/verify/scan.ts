import { RESERVED_PREFIX } from '../../contract/names.ts';
import type { KeyRange } from '../../ledger/shard-ranges.ts';
import { mergeListings } from '../common/merge.ts';
import { compareKey, type Comparison } from '../common/compare-key.ts';
import { mapInOrder } from './in-order.ts';
import { CONCURRENCY, type Pair } from '../common/pair.ts';

const ALL_KEYS: KeyRange = { after: '', until: null };
/** Each has a page of both sides in memory. */
export const LISTINGS_AT_ONCE = 16;

/**
 * Compares all of a move: the merge of both listings, and for every key that is on both sides what
 * listings do not tell. In key order, in constant memory. A listing that fails throws: its end is what
 * says that nothing more is there.
 */
export async function* scan(pair: Pair, options: { full: boolean }): AsyncGenerator<Comparison> {
  yield* mapInOrder(keysOf(pair), CONCURRENCY, (key) => compareKey(pair, key, options));
}

/**
 * The keys that listings alone show as changed: on one side only, of another size or ETag, or written on
 * S3 after the copy was (which a loss of the event would leave so, were it only for the metadata). No
 * request an object, so this is quick; that a key is not among them proves nothing of its metadata.
 */
export async function* suspects(pair: Pair, range: KeyRange = ALL_KEYS): AsyncGenerator<string> {
  const { sourceBucket, targetBucket } = pair.move;
  const merged = mergeListings(pair.source.list(sourceBucket, range), pair.target.list(targetBucket, range));
  for await (const entry of merged) {
    if (entry.key.startsWith(RESERVED_PREFIX)) continue;
    if (entry.kind === 'equal' && entry.source.lastModified < entry.target.lastModified) continue;
    yield entry.key;
  }
}

/** As `suspects`, range by range and several at once: S3 answers a page of one listing after the other. */
export async function allSuspects(pair: Pair, cuts: readonly KeyRange[]): Promise<string[]> {
  const waiting = wholeRanges(cuts);
  const keys: string[] = [];
  const merge = async () => {
    for (let range = waiting.shift(); range !== undefined; range = waiting.shift()) {
      for await (const key of suspects(pair, range)) keys.push(key);
    }
  };
  const merges = Array.from({ length: Math.min(LISTINGS_AT_ONCE, waiting.length) }, merge);
  try {
    await Promise.all(merges);
  } finally {
    // One has failed: the others begin no more.
    waiting.length = 0;
    await Promise.allSettled(merges);
  }
  return keys;
}

/** The ranges as they are where they leave no key out, in key order; else one of all keys. Pure. */
export function wholeRanges(cuts: readonly KeyRange[]): KeyRange[] {
  const fits = ({ until }: KeyRange, index: number) =>
    index === cuts.length - 1 ? until === null : until !== null && cuts[index + 1]?.after === until;
  return cuts[0]?.after === '' && cuts.every(fits) ? [...cuts] : [ALL_KEYS];
}

async function* keysOf(pair: Pair): AsyncGenerator<string> {
  const listings = mergeListings(
    pair.source.list(pair.move.sourceBucket),
    pair.target.list(pair.move.targetBucket),
  );
  for await (const { key } of listings) {
    if (!key.startsWith(RESERVED_PREFIX)) yield key;
  }
}
