import { createHash, type Hash } from 'node:crypto';
import type { StoreClient } from './client.ts';

/**
 * The part boundaries of an object that was uploaded in parts: its ETag depends on them, so a copy
 * with other boundaries would be the same bytes under another ETag.
 */

export const MIB = 1024 * 1024;

/** Part sizes that tools use by default, in MiB: SDKs and rclone 5, AWS CLI 8, s3cmd 15, s5cmd 50, … */
const USUAL_MIB = [
  5, 6, 8, 10, 12, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60, 64, 80, 96, 100, 120, 128, 160, 192, 200, 250,
  256, 320, 384, 400, 500, 512, 640, 768, 1024, 1536, 2048, 3072, 4096, 5120,
];
const USUAL_MB = [5, 8, 10, 16, 20, 25, 32, 50, 64, 100, 128, 200, 250, 256, 500, 512, 1000];
/** Each candidate costs one MD5 over the whole object. */
const MOST_CANDIDATES = 12;

/** The sizes of all parts, in bytes, when all but the last are `partSize`. */
export function evenParts(size: number, partSize: number): number[] {
  const count = Math.max(1, Math.ceil(size / partSize));
  return Array.from({ length: count }, (_, index) => Math.min(partSize, size - index * partSize));
}

/** Between which sizes all parts but the last are, where `size` bytes make exactly `count` parts; inclusive. */
function bounds(size: number, count: number): { least: number; most: number } {
  return { least: Math.ceil(size / count), most: count === 1 ? size : Math.floor((size - 1) / (count - 1)) };
}

/** Part sizes, in bytes, that tools choose by default and by which `size` bytes make exactly `count` parts. */
export function usualPartSizes(size: number, count: number): number[] {
  const { least, most } = bounds(size, count);
  const usual = [...USUAL_MIB.map((mib) => mib * MIB), ...USUAL_MB.map((megabytes) => megabytes * 1e6)];
  return count === 1 ? [size] : usual.filter((candidate) => candidate >= least && candidate <= most);
}

/**
 * Part sizes, in bytes, by which `size` bytes make exactly `count` parts and that a tool may have chosen: the
 * usual ones, equal shares, a last part of one byte, and whole MiB; not all of them where there are many.
 */
export function plausiblePartSizes(size: number, count: number): number[] {
  const { least, most } = bounds(size, count);
  const firstMib = Math.ceil(least / MIB);
  const mibs = Math.max(0, Math.min(MOST_CANDIDATES, Math.floor(most / MIB) - firstMib + 1));
  const whole = Array.from({ length: mibs }, (_, index) => (firstMib + index) * MIB);
  const equal = least <= most ? [least, most] : []; // no equal shares make so many parts
  const all = [...usualPartSizes(size, count), ...equal, ...whole];
  return [...new Set(all)].slice(0, MOST_CANDIDATES);
}

/** The ETag of an upload whose parts had these MD5s. */
export function multipartEtag(digests: readonly Buffer[]): string {
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${digests.length}`;
}

/** Computes the ETag that bytes would have with parts of these sizes, as they come by. */
export class EtagOfParts {
  readonly sizes: readonly number[];
  readonly #digests: Buffer[] = [];
  #hash: Hash = createHash('md5');
  #left: number;

  constructor(sizes: readonly number[]) {
    this.sizes = sizes;
    this.#left = sizes[0] ?? 0;
  }

  update(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length;) {
      if (this.#left === 0) {
        this.#digests.push(this.#hash.digest());
        this.#hash = createHash('md5');
        // What comes besides belongs to the last part, whose digest is then another.
        this.#left = this.sizes[this.#digests.length] ?? Infinity;
      }
      const take = Math.min(this.#left, chunk.length - offset);
      this.#hash.update(chunk.subarray(offset, offset + take));
      this.#left -= take;
      offset += take;
    }
  }

  etag(): string {
    return multipartEtag([...this.#digests, this.#hash.digest()]);
  }
}

/**
 * The sizes of an object's parts as the store knows them; undefined where it does not know (RGW 16.2.15
 * ignores `partNumber` and answers GetObjectAttributes with 500).
 *
 * @throws StoreError PreconditionFailed when the object is not `etag`'s any more
 */
export async function askPartSizes(
  client: StoreClient,
  bucket: string,
  key: string,
  object: { etag: string; size: number; versionId?: string | undefined },
): Promise<number[] | undefined> {
  const first = await client.headPart(bucket, key, 1, object);
  if (first === undefined) {
    return undefined;
  }
  const sizes = [first.size];
  for (let next = 2; next <= first.parts; next += 8) {
    const numbers = Array.from({ length: Math.min(8, first.parts - next + 1) }, (_, index) => next + index);
    const parts = await Promise.all(numbers.map((number) => client.headPart(bucket, key, number, object)));
    sizes.push(...parts.flatMap((part) => part?.size ?? []));
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.length === first.parts && total === object.size ? sizes : undefined;
}
