import { messageOf } from '../../contract/errors.ts';
import type { Database } from '../../ledger/database.ts';
import { log } from '../../contract/log.ts';
import type { Throttle } from '../../store/throttle.ts';
import type { Concurrency } from './concurrency.ts';
import { limitsAt, parseLimits, readLimits } from './limits.ts';
import { pause } from './pause.ts';
import { TokenBucket } from './token-bucket.ts';

/** How often the ledger is asked what the limits are by now. */
const READ_EVERY_MS = 2000;
/** Parts of replay's bound: sync yields above the one, well before a cutover is refused, and not below the other. */
const YIELD_ABOVE = 1 / 2;
const RESUME_BELOW = 1 / 4;

/**
 * Holds a worker's requests within its share of the limits, and takes back how many there are at once when a
 * store says that it is too much. The limits are the whole move's: what holds is shared evenly among the
 * workers that have a shard.
 */
export class RateLimiter {
  readonly concurrency: Concurrency;
  readonly #requests = new TokenBucket();
  readonly #bytes = new TokenBucket();
  readonly #stop: AbortSignal;
  readonly #lagSeconds: number;

  /**
   * @param stop nobody waits for his turn any more once it aborts
   * @param lagSeconds how far replay may be behind when a cutover begins
   */
  constructor(concurrency: Concurrency, stop: AbortSignal, lagSeconds: number) {
    this.concurrency = concurrency;
    this.#stop = stop;
    this.#lagSeconds = lagSeconds;
  }

  /** What a client of a store is opened with. Bytes count where they are written. */
  pace(side: 'source' | 'target'): Throttle {
    return {
      admit: (requests, bytes) => {
        const wait = Math.max(
          this.#requests.spend(requests),
          side === 'target' ? this.#bytes.spend(bytes) : 0,
        );
        return wait > 0 ? pause(wait, this.#stop) : undefined;
      },
      succeeded: () => this.concurrency.succeeded(),
      congested: () => this.concurrency.congested(),
    };
  }

  /** Takes on what the ledger says now. @returns how far replay is behind, in seconds */
  async read(ledger: Database, now: Date = new Date()): Promise<number> {
    const { limits, workers, behindSeconds } = await readLimits(ledger);
    const { bytes, requests } = limitsAt(parseLimits(limits), now);
    const share = Math.max(1, workers);
    this.#bytes.rate = bytes / share;
    this.#requests.rate = requests / share;
    return behindSeconds;
  }

  /** Reads the limits again and again until `ended`. A ledger that is away leaves them as they were. */
  async follow(ledger: Database, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      try {
        this.yieldTo(await this.read(ledger));
      } catch (error) {
        log.warn(`limits stay: ${messageOf(error)}`);
      }
      await pause(READ_EVERY_MS, ended);
    }
  }

  /** Both work on the same stores, and a replay that is behind keeps the cutover waiting. */
  yieldTo(behindSeconds: number): void {
    const { concurrency } = this;
    const before = concurrency.yields;
    if (behindSeconds > this.#lagSeconds * YIELD_ABOVE) concurrency.yield();
    else if (behindSeconds < this.#lagSeconds * RESUME_BELOW) concurrency.resume();
    if (concurrency.yields === before) return;
    const says = before
      ? 'replay has caught up: as many objects at once as before'
      : 'replay is behind: fewer objects at once until it has caught up';
    log.info({ behindSeconds }, says);
  }
}
