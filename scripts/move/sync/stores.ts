import type { Move } from '../../contract/environment.ts';
import type { StoreClient } from '../../store/client.ts';
import type { PairMemory } from '../common/pair-memory.ts';

/** What a worker copies between, and what it asks before it changes anything. */
export type SyncStores = {
  move: Move;
  source: StoreClient;
  target: StoreClient;
  /** Throws when a lease of ours may have run out. */
  assertLive: () => void;
  /** Throws when with this key too much would be deleted. */
  assertMayDelete: (key: string) => Promise<void>;
  /** What was proven of objects whose ETags cannot tell. */
  memory: PairMemory;
  /** Whether every version is carried, and not the latest alone. Default: no. */
  versions?: boolean;
};

export type KeyResult = {
  outcome: 'equal' | 'copied' | 'deleted';
  /** How many versions; default: one. */
  copied?: number;
  copiedBytes: number;
};
