/** How much is left of the limit after congestion. */
const DECREASE = 0.5;
/** Congestion that requests of before the last decrease report is the same one. */
const SETTLE_MS = 1000;
/** What is left at least while replay is behind: a replay that is down must not end the copy. */
const YIELD_LEAST = 1 / 8;

/**
 * How many keys may be in work at once: backs off when a store says that it is too much (503 SlowDown, a
 * deadline that passed), and grows back by one for each round of successes, up to what was configured.
 * (Additive increase, multiplicative decrease: what TCP does, RFC 5681.)
 */
export class Concurrency {
  readonly #most: number;
  readonly #now: () => number;
  #limit: number;
  /** The most while replay is behind. */
  #yielded: number;
  #successes = 0;
  #decreasedAt = -Infinity;

  /** @param now monotonic milliseconds */
  constructor(most: number, now: () => number = () => performance.now()) {
    this.#most = most;
    this.#limit = most;
    this.#yielded = most;
    this.#now = now;
  }

  get limit(): number {
    return Math.floor(Math.min(this.#limit, this.#yielded));
  }

  get yields(): boolean {
    return this.#yielded < this.#most;
  }

  /** Replay, which works on the same stores, is behind: half as many. */
  yield(): void {
    this.#yielded = Math.max(1, this.#most * YIELD_LEAST, this.#yielded * DECREASE);
  }

  /** It has caught up: twice as many. */
  resume(): void {
    this.#yielded = Math.min(this.#most, this.#yielded / DECREASE);
  }

  /** A request was answered. */
  succeeded(): void {
    if (this.#limit >= this.#most) return;
    this.#successes += 1;
    if (this.#successes < this.limit) return;
    this.#successes = 0;
    this.#limit = Math.min(this.#most, this.#limit + 1);
  }

  /** A store said that it is too much. */
  congested(): void {
    const now = this.#now();
    if (now - this.#decreasedAt < SETTLE_MS) return;
    this.#decreasedAt = now;
    this.#successes = 0;
    this.#limit = Math.max(1, this.#limit * DECREASE);
  }
}
