import { createHash } from 'node:crypto';
import { compareKeys } from '../../../scripts/store/keys.ts';

/** One version of an object, or a delete marker. */
export type Version = {
  versionId: string;
  /** null: a delete marker. */
  body: Buffer | null;
  etag: string;
  headers: Record<string, string>;
  tags: string;
  owner: string;
  at: number;
};

export type Versioning = 'off' | 'Enabled' | 'Suspended';

/** A bucket as RGW 16.2.15 keeps it (traps.md, "RGW 16.2.15, measured"). */
export class Bucket {
  readonly owner: string;
  versioning: Versioning = 'off';
  readonly documents = new Map<'policy' | 'lifecycle' | 'notification', string>();
  /** Newest first within a key; a key without versions is not there. */
  readonly #keys = new Map<string, Version[]>();

  constructor(owner: string) {
    this.owner = owner;
  }

  /** In key order, as listings are. */
  keys(): string[] {
    return [...this.#keys.keys()].sort(compareKeys);
  }

  versions(key: string): readonly Version[] {
    return this.#keys.get(key) ?? [];
  }

  /** What a plain GET finds; null where there is nothing or a delete marker. */
  current(key: string): Version | null {
    const newest = this.#keys.get(key)?.[0];
    return newest === undefined || newest.body === null ? null : newest;
  }

  find(key: string, versionId: string | undefined): Version | null {
    if (versionId === undefined) return this.current(key);
    return this.versions(key).find((version) => version.versionId === versionId) ?? null;
  }

  write(key: string, version: Omit<Version, 'versionId' | 'etag'>, newId: () => string): Version {
    const versionId = this.versioning === 'Enabled' ? newId() : 'null';
    const etag = version.body === null ? '' : createHash('md5').update(version.body).digest('hex');
    const written = { ...version, versionId, etag };
    const others = this.versions(key).filter((other) => other.versionId !== versionId);
    this.#keys.set(key, [written, ...others]);
    return written;
  }

  /** A DELETE without a version. @returns the marker, where one came to be */
  remove(key: string, by: { owner: string; at: number }, newId: () => string): Version | null {
    if (this.versioning === 'off') {
      this.#keys.delete(key);
      return null;
    }
    return this.write(key, { body: null, headers: {}, tags: '', ...by }, newId);
  }

  removeVersion(key: string, versionId: string): void {
    const left = this.versions(key).filter((version) => version.versionId !== versionId);
    if (left.length === 0) this.#keys.delete(key);
    else this.#keys.set(key, left);
  }
}
