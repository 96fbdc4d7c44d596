import { RESERVED_PREFIX } from '../../contract/names.ts';
import { versionOf, type ProvenPair } from '../../ledger/proven-pairs.ts';
import type { StoreClient } from '../../store/client.ts';
import { describe } from '../../store/compare.ts';
import type { ObjectHead } from '../../store/object.ts';
import { ContentDigest } from './digest.ts';
import { mapInOrder } from './in-order.ts';
import { CONCURRENCY } from '../common/pair.ts';
import { pagesOf, type PairMemory } from '../common/pair-memory.ts';

/** S3 lists no more keys at once. */
const PAGE_KEYS = 1000;

/**
 * The digest of one bucket as it is now, computed from that side alone: while nobody writes, that of the
 * source and that of a clean certificate are the same, and so is that of the target where it has the source's ETags.
 *
 * @param memory of a target: an object whose pair is proven counts with its source's ETag
 */
export async function digestOfBucket(
  client: StoreClient,
  bucket: string,
  memory?: PairMemory,
): Promise<{ digest: string; objects: number; bytes: number }> {
  const digest = new ContentDigest();
  const known = lookUp(keysOf(client, bucket), memory);
  const described = mapInOrder(known, CONCURRENCY, async ({ key, pairs }) => ({
    key,
    pairs,
    found: await describe(client, bucket, key),
  }));
  for await (const { key, pairs, found } of described) {
    if (found === null) continue;
    const { size, headers, metadata } = found.head;
    digest.add({ key, size, etag: etagAtSource(found.head, pairs), headers, metadata, tags: found.tags });
  }
  return { objects: digest.objects, bytes: digest.bytes, digest: digest.end() };
}

function etagAtSource(target: ObjectHead, pairs: readonly ProvenPair[]): string {
  const version = versionOf(target);
  const pair = pairs.find(
    ({ targetEtag, targetVersion, sourceSize }) =>
      targetEtag === target.etag && targetVersion === version && sourceSize === target.size,
  );
  return pair?.sourceEtag ?? target.etag;
}

async function* lookUp(
  keys: AsyncIterable<string>,
  memory: PairMemory | undefined,
): AsyncGenerator<{ key: string; pairs: readonly ProvenPair[] }> {
  for await (const page of pagesOf(keys, PAGE_KEYS)) {
    const known = await memory?.ofEach(page);
    for (const key of page) yield { key, pairs: known?.get(key) ?? [] };
  }
}

async function* keysOf(client: StoreClient, bucket: string): AsyncGenerator<string> {
  for await (const { key } of client.list(bucket)) {
    if (!key.startsWith(RESERVED_PREFIX)) yield key;
  }
}
