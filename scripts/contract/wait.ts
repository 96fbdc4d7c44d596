import { setTimeout as sleep } from 'node:timers/promises';

/** A wait that took longer than it may. */
export class Overrun extends Error {
  constructor(what: string, seconds: number) {
    super(`${what}: not within ${seconds.toFixed(1)} s`);
    this.name = 'Overrun';
  }
}

/** A point on the monotonic clock by which something must have happened. */
export class Deadline {
  readonly #at: number;
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#at = performance.now() + seconds * 1000;
  }

  get remainingSeconds(): number {
    return (this.#at - performance.now()) / 1000;
  }

  /** Throws Overrun where there is no time left for a wait of `seconds`. */
  assertLeaves(seconds: number, what: string): void {
    if (this.remainingSeconds < seconds) throw new Overrun(what, this.#seconds);
  }
}

/** Asks until the answer is yes. Throws Overrun at the deadline, with the last answer. */
export async function until(
  what: string,
  deadline: Deadline,
  ask: () => Promise<true | string>,
  pauseMilliseconds = 25,
): Promise<void> {
  for (;;) {
    const answer = await ask();
    if (answer === true) return;
    deadline.assertLeaves(pauseMilliseconds / 1000, `${what} (${answer})`);
    await sleep(pauseMilliseconds);
  }
}

export { sleep };
