import { LeaseLost } from '../../ledger/claims.ts';
import type { Database } from '../../ledger/database.ts';
import { renewShard, type Shard } from '../../ledger/shards.ts';

/** Keeps a shard ours while one of its windows takes longer than a lease. */
export class ShardLease {
  readonly #timer: NodeJS.Timeout;
  #lost: LeaseLost | undefined;
  #renewing: Promise<void> = Promise.resolve();

  constructor(ledger: Database, shard: Shard) {
    this.#timer = setInterval(
      () => {
        this.#renewing = renewShard(ledger, shard).catch((error: unknown) => {
          // A ledger that is away decides nothing: the next checkpoint finds out whose the shard is.
          if (error instanceof LeaseLost) this.#lost = error;
        });
      },
      (shard.leaseSeconds * 1000) / 3,
    );
    this.#timer.unref();
  }

  assertLive(): void {
    if (this.#lost !== undefined) throw this.#lost;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewing;
  }
}
