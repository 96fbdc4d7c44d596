import { Readable } from 'node:stream';
import { RESERVED_PREFIX } from '../../contract/names.ts';
import type { ProvenPair } from '../../ledger/proven-pairs.ts';
import type { KeyRange } from '../../ledger/shard-ranges.ts';
import { mergeListings, type Merged } from '../common/merge.ts';
import { compareKey, type CompareOptions, type Comparison } from '../common/compare-key.ts';
import { alike, ListedPairs } from '../common/listed-pairs.ts';
import { pagesOf, type PairMemory } from '../common/pair-memory.ts';
import { mapInOrder } from './in-order.ts';
import type { Pair } from '../common/pair.ts';

/** S3 lists no more keys at once. */
const PAGE_KEYS = 1000;

/** Compares keys, so many at once as the environment says, and yields what differs in their order. */
export function compareKeys(
  pair: Pair,
  memory: PairMemory,
  keys: AsyncIterable<string> | Iterable<string>,
  options: Pick<CompareOptions, 'full' | 'unequal'>,
): AsyncGenerator<Comparison> {
  return mapInOrder(keys, pair.concurrency, (key) => compareKey(pair, key, { ...options, memory }));
}

const ALL_KEYS: KeyRange = { after: '', until: null };
/** Each has a page of both sides in memory. */
export const LISTINGS_AT_ONCE = 16;

/**
 * Compares all of a move: the merge of both listings, and for every key that is on both sides what
 * listings do not tell. In key order, in constant memory. A listing that fails throws: its end is what
 * says that nothing more is there.
 */
export function scan(pair: Pair, memory: PairMemory, options: { full: boolean }): AsyncGenerator<Comparison> {
  return mapInOrder(lookUp(memory, merged(pair)), pair.concurrency, ({ key, pairs }) =>
    compareKey(pair, key, { ...options, memory, pairs }),
  );
}

type Known = { key: string; pairs: readonly ProvenPair[] | undefined };

/** Keys with their proven pairs, which are read for a page at once of those whose ETags differ. */
async function* lookUp(memory: PairMemory, entries: AsyncIterable<Merged>): AsyncGenerator<Known> {
  for await (const page of pagesOf(entries, PAGE_KEYS)) {
    const known = await memory.ofEach(alike(page).map(({ key }) => key));
    for (const { key } of page) yield { key, pairs: known.get(key) };
  }
}

/**
 * The keys that listings alone show as changed, in their order: on one side only, of another size or ETag, or
 * written on S3 after the copy was (which a loss of the event would leave so, were it only for the metadata). Not
 * those whose pair is proven. No request an object, so this is quick; that a key is not among them proves nothing
 * of its metadata.
 */
export async function* suspects(
  pair: Pair,
  memory: PairMemory,
  range: KeyRange = ALL_KEYS,
): AsyncGenerator<string> {
  const listed = new ListedPairs(memory, pair.target, pair.move.targetBucket);
  for await (const page of pagesOf(merged(pair, range), PAGE_KEYS)) {
    const proven = await listed.provenOf(page);
    for (const entry of page) {
      const equal = entry.kind === 'equal' || proven.has(entry.key);
      const { kind, key } = entry;
      if (kind !== 'extra' && entry.target !== undefined && equal) {
        if (entry.source.lastModified < entry.target.lastModified) continue;
      }
      yield key;
    }
  }
}

/** As `suspects`, several ranges at once: S3 answers a page of one listing after the other. In key order. */
export async function* allSuspects(
  pair: Pair,
  memory: PairMemory,
  cuts: readonly KeyRange[],
): AsyncGenerator<string> {
  const waiting = wholeRanges(cuts);
  const begun: Readable[] = [];
  const begin = () => {
    const range = waiting.shift();
    if (range === undefined) return;
    const keys = Readable.from(suspects(pair, memory, range), { highWaterMark: PAGE_KEYS });
    keys.on('error', () => undefined); // thrown where it is read
    keys.read(0); // so that it reads ahead
    begun.push(keys);
  };
  try {
    for (let index = 0; index < LISTINGS_AT_ONCE; index += 1) begin();
    for (let first = begun[0]; first !== undefined; first = begun[0]) {
      yield* first as AsyncIterable<string>;
      begun.shift();
      begin();
    }
  } finally {
    for (const keys of begun) keys.destroy();
  }
}

/** The ranges as they are where they leave no key out, in key order; else one of all keys. Pure. */
export function wholeRanges(cuts: readonly KeyRange[]): KeyRange[] {
  const fits = ({ until }: KeyRange, index: number) =>
    index === cuts.length - 1 ? until === null : until !== null && cuts[index + 1]?.after === until;
  return cuts[0]?.after === '' && cuts.every(fits) ? [...cuts] : [ALL_KEYS];
}

/** The keys of both sides, but the migration's own. */
export async function* keysOf(pair: Pair): AsyncGenerator<string> {
  for await (const { key } of merged(pair)) yield key;
}

async function* merged({ source, target, move }: Pair, range: KeyRange = ALL_KEYS): AsyncGenerator<Merged> {
  const { sourceBucket, targetBucket } = move;
  const both = mergeListings(source.list(sourceBucket, range), target.list(targetBucket, range));
  for await (const entry of both) {
    if (!entry.key.startsWith(RESERVED_PREFIX)) yield entry;
  }
}
