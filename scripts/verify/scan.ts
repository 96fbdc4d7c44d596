import { RESERVED_PREFIX } from '../environment.ts';
import { mergeListings } from '../sync/merge.ts';
import { compareKey, type Comparison } from './compare-key.ts';
import { mapInOrder } from './in-order.ts';
import { CONCURRENCY, type Pair } from './stores.ts';

/**
 * Compares all of a move: the merge of both listings, and for every key that is on both sides what
 * listings do not tell. In key order, in constant memory. A listing that fails throws: its end is what
 * says that nothing more is there.
 */
export async function* scan(pair: Pair, options: { full: boolean }): AsyncGenerator<Comparison> {
  yield* mapInOrder(keysOf(pair), CONCURRENCY, (key) => compareKey(pair, key, options));
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
