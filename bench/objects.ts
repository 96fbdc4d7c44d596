import { createHash } from 'node:crypto';
import { inParallel } from '../scripts/local/input/parallel.ts';
import type { Side } from './stand.ts';

/** An object of a contest. Sizes and bytes follow from its number, so that every run has the same. */
export type BenchObject = { key: string; size: number };

const KIB = 1024;

/** `count` objects between two sizes, spread evenly over their logarithms as sizes in an image store are. */
export function smallObjects(count: number, least: number, most: number): BenchObject[] {
  return Array.from({ length: count }, (_, index) => {
    const share = createHash('md5').update(`size ${index}`).digest().readUInt32BE(0) / 2 ** 32;
    return {
      key: `products/${String(index % 100).padStart(2, '0')}/${String(index).padStart(7, '0')}.jpg`,
      size: Math.round(least * (most / least) ** share),
    };
  });
}

const noise = Buffer.alloc(1024 * KIB);
for (let offset = 0; offset < noise.length; offset += 32) {
  createHash('sha256').update(String(offset)).digest().copy(noise, offset);
}

/** Bytes that neither compress nor repeat from one object to the next. At most 1 MiB less 64 KiB. */
export function bytesOf({ key, size }: BenchObject): Buffer {
  const start = createHash('md5').update(key).digest().readUInt16BE(0);
  return noise.subarray(start, start + size);
}

/** Puts those that are not there. */
export async function fill(side: Side, bucket: string, objects: readonly BenchObject[]): Promise<void> {
  await side.client.createBucket(bucket);
  const there = new Set<string>();
  for await (const { key } of side.client.list(bucket)) there.add(key);
  await inParallel(
    32,
    objects.filter(({ key }) => !there.has(key)),
    async (object) => {
      await side.client.put(bucket, object.key, bytesOf(object), {
        headers: { contentType: 'image/jpeg' },
      });
    },
  );
}

/** Throws where the target does not hold every object of the source with its ETag. */
export async function assertCopied(
  source: { side: Side; bucket: string },
  target: { side: Side; bucket: string },
): Promise<void> {
  const etags = new Map<string, string>();
  for await (const { key, etag } of target.side.client.list(target.bucket)) etags.set(key, etag);
  for await (const { key, etag } of source.side.client.list(source.bucket)) {
    if (etags.get(key) !== etag) throw new Error(`${target.bucket}/${key} is not a copy: ${etags.get(key)}`);
  }
}
