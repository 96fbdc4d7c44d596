import { isProven } from '../../ledger/proven-pairs.ts';
import type { StoreClient } from '../../store/client.ts';
import type { ListedObject } from '../../store/object.ts';
import { wasNeverVersioned } from '../../store/versioning.ts';
import type { Merged } from './merge.ts';
import type { PairMemory } from './pair-memory.ts';

/**
 * Which keys two listings show exactly as they were proven: no request an object for them. A listing does not say
 * which version is there, so of a target that may have several it tells nothing here.
 */
export class ListedPairs {
  readonly #memory: PairMemory;
  readonly #target: StoreClient;
  readonly #bucket: string;
  #tellsAll: Promise<boolean> | undefined;

  constructor(memory: PairMemory, target: StoreClient, bucket: string) {
    this.#memory = memory;
    this.#target = target;
    this.#bucket = bucket;
  }

  /** The keys of a page whose objects on both sides are a proven pair. */
  async provenOf(page: readonly Merged[]): Promise<Set<string>> {
    const candidates = alike(page);
    const known = await this.#memory.ofEach(candidates.map(({ key }) => key));
    const proven = candidates.filter(({ key, source, target }) =>
      isProven(known.get(key) ?? [], source, target),
    );
    if (proven.length === 0) return new Set();
    this.#tellsAll ??= wasNeverVersioned(this.#target, this.#bucket);
    return new Set((await this.#tellsAll) ? proven.map(({ key }) => key) : []);
  }
}

type Alike = { key: string; source: ListedObject; target: ListedObject };

/** Of a page what is on both sides, of one size, with different ETags: what may be a proven pair. */
export function alike(page: readonly Merged[]): Alike[] {
  return page.flatMap((entry) =>
    entry.kind === 'copy' && entry.target?.size === entry.source.size
      ? [{ key: entry.key, source: entry.source, target: entry.target }]
      : [],
  );
}
