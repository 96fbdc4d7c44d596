import type { Process, Simulation } from './simulation.ts';

/**
 * A moment: somebody's `at`-th from now on. `by` is a user of the stores, whose requests about the same key are
 * counted; `USER lists`, whose listings are; `the parameter`, of which it is how often it is written; `a blow`,
 * that falls on anybody; or the name of a process, whose statements are counted.
 */
export type Cue = { by: string; at: number };

type Waiting = Cue & { key: string; go: () => void };

/**
 * What happens between two requests of a worker is a matter of milliseconds that chance alone seldom meets:
 * a plan may say that somebody waits for exactly that moment.
 */
export class Cues {
  readonly #waiting = new Set<Waiting>();

  /** A moment is there; without a key it is one for all of them. */
  note(by: string, key?: string): void {
    for (const waiting of this.#waiting) {
      if (waiting.by !== by || (key !== undefined && waiting.key !== key)) continue;
      waiting.at -= 1;
      if (waiting.at === 0) waiting.go();
    }
  }

  /** Calls `then` at a cue, or after so many milliseconds: it may never come. */
  at(
    simulation: Simulation,
    process: Process | null,
    { cue, key, atMost }: { cue: Cue; key: string; atMost: number },
    then: () => void,
  ): void {
    const end = (milliseconds: number) => {
      if (this.#waiting.delete(waiting)) simulation.schedule(milliseconds, process, then);
    };
    const waiting: Waiting = { ...cue, key, go: () => end(0) };
    this.#waiting.add(waiting);
    simulation.schedule(atMost, null, () => end(0));
  }
}
