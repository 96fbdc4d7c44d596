import { createHash, type Hash } from 'node:crypto';
import type { ObjectHeaders } from '../../store/object.ts';

/** What the digest of a certificate covers of one object. */
export type DigestEntry = {
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  headers: ObjectHeaders;
  metadata: Record<string, string>;
  tags: Record<string, string>;
};

/**
 * The digest of a certificate: SHA-256 over one line an object, in the order in which S3 lists keys.
 * A line is the JSON array `[key, size, etag, attributes]` and a newline, in UTF-8; `attributes` is the
 * hexadecimal SHA-256 of the JSON array `[headers, metadata, tags]`, each an array of `[name, value]`
 * sorted by name. So anyone with a listing and HEADs of either side computes the same.
 */
export class ContentDigest {
  readonly #hash: Hash = createHash('sha256');
  /** How many objects went in. */
  objects = 0;
  /** How many bytes they have. */
  bytes = 0;

  add(entry: DigestEntry): void {
    this.#hash.update(digestLine(entry));
    this.objects += 1;
    this.bytes += entry.size;
  }

  /** Hexadecimal. Ends the digest: nothing can be added afterwards. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

export function digestLine(entry: DigestEntry): string {
  return `${JSON.stringify([entry.key, entry.size, entry.etag, attributesDigest(entry)])}\n`;
}

function attributesDigest(entry: Pick<DigestEntry, 'headers' | 'metadata' | 'tags'>): string {
  const text = JSON.stringify([sorted(entry.headers), sorted(entry.metadata), sorted(entry.tags)]);
  return createHash('sha256').update(text).digest('hex');
}

function sorted(record: Record<string, string | undefined>): [string, string][] {
  return Object.entries(record)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
