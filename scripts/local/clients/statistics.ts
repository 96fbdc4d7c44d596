import type { Violation } from './model.ts';

/** One thing that must not be, for a person. */
export type Finding = {
  at: string;
  kind: Violation | 'failed';
  operation: string;
  move: string;
  key: string;
  detail: string;
};

const KEPT_FINDINGS = 20;
/** Latencies are counted in buckets that grow by a tenth: constant memory, percentiles exact to 10 %. */
const GROWTH = Math.log(1.1);

class Latencies {
  readonly #buckets: Map<number, number>;
  #count: number;
  #longest: number;

  /** @param buckets what `buckets` of an earlier one gave, whose longest was `longest` milliseconds */
  constructor(buckets: readonly (readonly [number, number])[] = [], longest = 0) {
    this.#buckets = new Map(buckets);
    this.#count = buckets.reduce((sum, [, count]) => sum + count, 0);
    this.#longest = longest;
  }

  get buckets(): [number, number][] {
    return [...this.#buckets];
  }

  add(milliseconds: number): void {
    const bucket = Math.ceil(Math.log(Math.max(milliseconds, 0.1)) / GROWTH);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count++;
    this.#longest = Math.max(this.#longest, milliseconds);
  }

  summary(): { count: number; p50Ms: number; p99Ms: number; maxMs: number } {
    const sorted = [...this.#buckets].sort(([a], [b]) => a - b);
    const at = (share: number): number => {
      let seen = 0;
      for (const [bucket, count] of sorted) {
        seen += count;
        if (seen >= this.#count * share) return Math.min(Math.exp(bucket * GROWTH), this.#longest);
      }
      return this.#longest;
    };
    return {
      count: this.#count,
      p50Ms: rounded(at(0.5)),
      p99Ms: rounded(at(0.99)),
      maxMs: rounded(this.#longest),
    };
  }
}

/** One second of the fleet's work, for the charts. */
export type FleetSample = {
  /** ISO time of the second's end. */
  at: string;
  state: string;
  /** Operations acknowledged, by the store that answered: `s3`, `ceph`, or `cache`. */
  s3: number;
  ceph: number;
  cache: number;
  mutations: number;
  failed: number;
  /** Mutations that wait for the end of a hold right now. */
  waiting: number;
  p99Ms: number;
};

/** Counts what the fleet does. */
export class Statistics {
  readonly #kinds = new Map<string, Latencies>();
  readonly #counts: Record<Violation | 'failed', number> = {
    failed: 0,
    lost: 0,
    resurrected: 0,
    wrong: 0,
    stale: 0,
  };
  readonly #findings: Finding[] = [];
  #second = { s3: 0, ceph: 0, cache: 0, mutations: 0, failed: 0, latencies: new Latencies() };
  operations = 0;
  mutations = 0;
  retries = 0;
  waiting = 0;
  longestHoldMs = 0;
  longestMutationMs = 0;

  /** Goes on from what a fleet before this one counted. */
  resume(before: Partial<FleetFigures> | null, findings: readonly Finding[]): void {
    this.operations = before?.operations ?? 0;
    this.mutations = before?.mutations ?? 0;
    this.retries = before?.retries ?? 0;
    this.longestHoldMs = (before?.longestHoldSeconds ?? 0) * 1000;
    this.longestMutationMs = (before?.longestMutationSeconds ?? 0) * 1000;
    for (const [kind, buckets] of Object.entries(before?.latencies ?? {})) {
      this.#kinds.set(kind, new Latencies(buckets, before?.kinds?.[kind]?.maxMs));
    }
    for (const finding of findings) this.found(finding);
  }

  acknowledged(kind: string, by: 's3' | 'ceph' | 'cache', milliseconds: number, mutation: boolean): void {
    this.operations++;
    this.#second[by]++;
    if (mutation) {
      this.mutations++;
      this.#second.mutations++;
      this.longestMutationMs = Math.max(this.longestMutationMs, milliseconds);
    }
    this.#second.latencies.add(milliseconds);
    let latencies = this.#kinds.get(kind);
    if (latencies === undefined) this.#kinds.set(kind, (latencies = new Latencies()));
    latencies.add(milliseconds);
  }

  held(milliseconds: number): void {
    this.longestHoldMs = Math.max(this.longestHoldMs, milliseconds);
  }

  found(finding: Finding): void {
    this.#counts[finding.kind]++;
    if (finding.kind === 'failed') this.#second.failed++;
    if (this.#findings.length < KEPT_FINDINGS) this.#findings.push(finding);
  }

  /** The second that ends now; the next begins. */
  sample(state: string): FleetSample {
    const { s3, ceph, cache, mutations, failed, latencies } = this.#second;
    const { p99Ms } = latencies.summary();
    this.#second = { s3: 0, ceph: 0, cache: 0, mutations: 0, failed: 0, latencies: new Latencies() };
    return {
      at: new Date().toISOString(),
      state,
      s3,
      ceph,
      cache,
      mutations,
      failed,
      waiting: this.waiting,
      p99Ms,
    };
  }

  summary() {
    return {
      operations: this.operations,
      mutations: this.mutations,
      retries: this.retries,
      waiting: this.waiting,
      longestHoldSeconds: rounded(this.longestHoldMs / 1000),
      longestMutationSeconds: rounded(this.longestMutationMs / 1000),
      ...this.#counts,
      kinds: Object.fromEntries([...this.#kinds].map(([kind, latencies]) => [kind, latencies.summary()])),
      /** What the next process goes on counting from, by kind. */
      latencies: Object.fromEntries([...this.#kinds].map(([kind, { buckets }]) => [kind, buckets])),
      findings: this.#findings,
    };
  }
}
export type FleetFigures = ReturnType<Statistics['summary']>;

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
