import { RESERVED_PREFIX } from '../../contract/names.ts';
import type { StoreClient } from '../../store/client.ts';
import { describe } from '../../store/compare.ts';
import { ContentDigest } from './digest.ts';
import { mapInOrder } from './in-order.ts';
import { CONCURRENCY } from '../common/pair.ts';

/**
 * The digest of one bucket as it is now, computed from that side alone: while nobody writes, that of the
 * source, that of the target and that of a clean certificate are the same.
 */
export async function digestOfBucket(
  client: StoreClient,
  bucket: string,
): Promise<{ digest: string; objects: number; bytes: number }> {
  const digest = new ContentDigest();
  const described = mapInOrder(keysOf(client, bucket), CONCURRENCY, async (key) => ({
    key,
    found: await describe(client, bucket, key),
  }));
  for await (const { key, found } of described) {
    if (found === null) continue;
    const { size, etag, headers, metadata } = found.head;
    digest.add({ key, size, etag, headers, metadata, tags: found.tags });
  }
  return { objects: digest.objects, bytes: digest.bytes, digest: digest.end() };
}

async function* keysOf(client: StoreClient, bucket: string): AsyncGenerator<string> {
  for await (const { key } of client.list(bucket)) {
    if (!key.startsWith(RESERVED_PREFIX)) yield key;
  }
}
