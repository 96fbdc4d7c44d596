import { RESERVED_PREFIX } from '../../contract/names.ts';
import { mergeListings } from '../common/merge.ts';
import { compareKey, type Comparison } from '../common/compare-key.ts';
import { mapInOrder } from './in-order.ts';
import { CONCURRENCY, type Pair } from '../common/pair.ts';

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
export async function* suspects(pair: Pair): AsyncGenerator<string> {
  const { move } = pair;
  const merged = mergeListings(pair.source.list(move.sourceBucket), pair.target.list(move.targetBucket));
  for await (const entry of merged) {
    if (entry.key.startsWith(RESERVED_PREFIX)) continue;
    if (entry.kind === 'equal' && entry.source.lastModified < entry.target.lastModified) continue;
    yield entry.key;
  }
}

/** The keys of both sides, but the migration's own. */
export async function* keysOf(pair: Pair): AsyncGenerator<string> {
  const listings = mergeListings(
    pair.source.list(pair.move.sourceBucket),
    pair.target.list(pair.move.targetBucket),
  );
  for await (const { key } of listings) {
    if (!key.startsWith(RESERVED_PREFIX)) yield key;
  }
}
