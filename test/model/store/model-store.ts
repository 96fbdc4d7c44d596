import type { Simulation } from '../platform/simulation.ts';
import type { Bucket, Version } from './bucket.ts';
import { grantsWrite } from './policy.ts';

/** What a request changed, in the order in which the store made it so: the truth that runs are judged by. */
export type Effect = {
  bucket: string;
  key: string;
  kind: 'put' | 'delete' | 'delete-version' | 'expire';
  by: string;
  /** What the key's current object is afterwards; null: none. */
  etag: string | null;
  /** What it was before. */
  before: string | null;
  versionId: string;
  at: number;
  order: number;
};

/** An answer of the store that is no success. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** One S3 endpoint: its buckets and users, what it refuses, and the events that it raises. */
export class ModelStore {
  readonly buckets = new Map<string, Bucket>();
  readonly suspended = new Set<string>();
  readonly journal: Effect[] = [];
  /** Entries on one page of a listing, however many were asked for: stores may answer fewer. */
  pageSize = 2;
  readonly #simulation: Simulation;
  readonly #nextOrder: () => number;
  readonly #listeners: ((effect: Effect) => void)[] = [];
  #ids = 0;

  /** @param nextOrder counts the effects of all stores of a run */
  constructor(simulation: Simulation, nextOrder: () => number) {
    this.#simulation = simulation;
    this.#nextOrder = nextOrder;
  }

  onEffect(listener: (effect: Effect) => void): void {
    this.#listeners.push(listener);
  }

  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw new Refusal(404, 'NoSuchBucket');
    return bucket;
  }

  /** Whether a request is let in. One that was goes on to its end, though its user is suspended meanwhile. */
  admit(user: string, bucket: string | undefined, writes: boolean): void {
    if (this.suspended.has(user)) throw new Refusal(403, 'UserSuspended');
    if (bucket === undefined) return;
    const policy = this.bucket(bucket).documents.get('policy');
    if (writes && policy !== undefined && !grantsWrite(policy)) throw new Refusal(403, 'AccessDenied');
  }

  put(
    name: string,
    key: string,
    object: { body: Buffer; headers: Record<string, string>; tags: string; by: string; ifNoneMatch: boolean },
  ): Version {
    const bucket = this.bucket(name);
    const before = bucket.current(key);
    // A delete marker does not hold `If-None-Match: *` back, and in a versioned bucket nothing does (RGW 16.2.15).
    const holds = bucket.versioning !== 'Enabled' && before !== null;
    if (object.ifNoneMatch && holds) throw new Refusal(412, 'PreconditionFailed');
    const { body, headers, tags, by } = object;
    const version = { body, headers, tags, owner: by, at: this.#simulation.now };
    const written = bucket.write(key, version, () => this.#newId());
    this.#took({
      bucket: name,
      key,
      kind: 'put',
      by,
      before: before?.etag ?? null,
      versionId: written.versionId,
    });
    return written;
  }

  /** @returns the delete marker, where one came to be */
  remove(name: string, key: string, by: string, kind: 'delete' | 'expire' = 'delete'): Version | null {
    const bucket = this.bucket(name);
    const before = bucket.current(key);
    const marker = bucket.remove(key, { owner: by, at: this.#simulation.now }, () => this.#newId());
    const versionId = marker?.versionId ?? '';
    if (before !== null || marker !== null) {
      this.#took({ bucket: name, key, kind, by, before: before?.etag ?? null, versionId });
    }
    return marker;
  }

  removeVersion(name: string, key: string, versionId: string, by: string): void {
    const bucket = this.bucket(name);
    const before = bucket.current(key);
    bucket.removeVersion(key, versionId);
    this.#took({ bucket: name, key, kind: 'delete-version', by, before: before?.etag ?? null, versionId });
  }

  #took(change: Omit<Effect, 'etag' | 'at' | 'order'>): void {
    const etag = this.bucket(change.bucket).current(change.key)?.etag ?? null;
    const effect = { ...change, etag, at: this.#simulation.now, order: this.#nextOrder() };
    this.journal.push(effect);
    this.#simulation.tell(
      `${change.bucket}/${change.key}: ${change.kind} by ${change.by}: ${short(change.before)} → ${short(etag)}`,
    );
    for (const listener of this.#listeners) listener(effect);
  }

  #newId(): string {
    return `v${(this.#ids += 1)}`;
  }
}

/** The first letters of an ETag, for people. */
export function short(etag: string | null): string {
  return etag === null ? 'nothing' : etag.slice(0, 6);
}
