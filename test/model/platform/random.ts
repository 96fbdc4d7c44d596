/** Chance that can be repeated (mulberry32). Order 0 is no chance at all: the first of everything. */
export class Random {
  #state: number;
  readonly #still: boolean;
  readonly #slow: number;

  /** @param slow the share of what takes long */
  constructor(order: number, slow = 0) {
    this.#state = order >>> 0;
    this.#still = order === 0;
    this.#slow = slow;
  }

  /** From 0 up to, but not, 1. */
  fraction(): number {
    if (this.#still) return 0;
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Whether something happens that does so with this probability; never in a run without chance. */
  chance(probability: number): boolean {
    return !this.#still && this.fraction() < probability;
  }

  /** How long something takes: mostly next to nothing, sometimes long. Milliseconds. */
  latency(longest: number): number {
    const kind = this.fraction();
    if (kind < this.#slow) return 1 + this.fraction() * (longest - 1);
    if (kind < (1 + this.#slow) / 2) return 1 + this.fraction() * Math.min(30, longest);
    return 1 + this.fraction() * 2;
  }
}
