/** So much may be spent at once after a pause, in seconds' worth. */
const BURST_SECONDS = 0.25;

/**
 * Spends no more a second than its rate, which may change at any time. A request is served at once where
 * there is something left, even for more than that: the debt is what the next one waits for. So one request
 * of any size is never refused, and the average holds.
 */
export class TokenBucket {
  readonly #now: () => number;
  #rate: number;
  #tokens = 0;
  #at: number;

  /** @param now monotonic milliseconds */
  constructor(rate = Infinity, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#at = now();
    this.#tokens = this.#most();
  }

  set rate(perSecond: number) {
    if (perSecond === this.#rate) return;
    this.#fill();
    this.#rate = perSecond;
    this.#tokens = Math.min(this.#tokens, this.#most());
  }

  /** Spends, and says how many milliseconds to wait before doing what it is spent on. */
  spend(amount: number): number {
    if (this.#rate === Infinity || amount === 0) return 0;
    this.#fill();
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / this.#rate) * 1000;
    this.#tokens -= amount;
    return wait;
  }

  #fill(): void {
    const now = this.#now();
    const earned = this.#rate === Infinity ? 0 : ((now - this.#at) / 1000) * this.#rate;
    this.#at = now;
    this.#tokens = Math.min(this.#most(), this.#tokens + earned);
  }

  #most(): number {
    return this.#rate === Infinity ? 0 : this.#rate * BURST_SECONDS;
  }
}
