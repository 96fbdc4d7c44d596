import type { Contestant } from './contest.ts';
import { assertCopied } from './objects.ts';
import { migrate } from './peers.ts';
import type { Side, Stand } from './stand.ts';

/** Those who copy one bucket of the source, each into an empty bucket of its own. */
export class CopyEntrants {
  readonly #stand: Stand;
  readonly #from: string;
  readonly #atOnce: number;

  /** @param atOnce objects in flight at once, for migrate */
  constructor(stand: Stand, from: string, atOnce: number) {
    this.#stand = stand;
    this.#from = from;
    this.#atOnce = atOnce;
  }

  /** @param side where the bucket is; default: the target */
  of(name: string, bucket: string, run: Contestant['run'], side: Side = this.#stand.target): Contestant {
    const source = { side: this.#stand.source, bucket: this.#from };
    return {
      name,
      before: () => this.#stand.emptyBucket(side, bucket),
      run,
      after: () => assertCopied(source, { side, bucket }),
    };
  }

  /** Ourselves, each time with a ledger that is empty. */
  migrate(name: string, bucket: string, acls: 'copy' | 'ignore' = 'copy'): Contestant {
    let file = '';
    const made = this.of(name, bucket, () => migrate(this.#stand, 'sync', '--environment', file));
    const sync = { workers: 1, concurrency: this.#atOnce, keysPerShard: 100_000 };
    const before = async (): Promise<void> => {
      await made.before?.();
      ({ file } = await this.#stand.migration({ source: this.#from, target: bucket }, sync, acls));
    };
    return { ...made, before };
  }
}
