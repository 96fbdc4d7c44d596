import { AsyncLocalStorage } from 'node:async_hooks';
import { Random } from './random.ts';

/**
 * A discrete-event simulation of processes that run real code. Whatever a process awaits of the outside (a
 * request, a statement, a timer) is an event with a time of its own; the earliest happens next, and nothing
 * else happens meanwhile. All that is left to chance is how long things take and who dies when, and both
 * come from the plan: the same plan is the same run.
 */

/** A process of the model. Real code in it cannot tell that it is not one. */
export class Process {
  readonly name: string;
  readonly simulation: Simulation;
  alive = true;
  /** Stopped (SIGSTOP, a paused virtual machine) until then, in milliseconds of the model's clock. */
  stoppedUntil = 0;
  /** What dies with it: sessions of the ledger. */
  readonly atEnd: (() => void)[] = [];

  constructor(simulation: Simulation, name: string) {
    this.simulation = simulation;
    this.name = name;
  }

  end(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const work of this.atEnd) work();
  }
}

/** What a plan does to a process at one of its awaits. */
export type Blow = {
  /** Whose: of processes that do the same (`replay`, `replay-2`) whichever comes to that await. */
  process: string;
  /** Which of its awaits are counted. */
  where: Await;
  at: number;
  /**
   * `stop, kill`: wakes up after its stop, and dies so many awaits later. `cut`: the connection breaks on which
   * it has just sent something, if it has.
   */
  kind: 'kill' | 'stop' | 'stop, kill' | 'cut';
  milliseconds: number;
  later: number;
};
/**
 * `any`: all of them; else those for a request that has just been sent, those that follow its answer, or a
 * statement of the ledger.
 */
export type Await = 'any' | 'sent' | 'request' | 'statement';

type Event = { at: number; order: number; process: Process | null; happen: () => void; cancelled: boolean };

const current = new AsyncLocalStorage<Process>();

/** The process whose code runs now; undefined outside the model. */
export function currentProcess(): Process | undefined {
  return current.getStore();
}

/** The process whose code runs now. For the platform's calls, which only the model's processes make. */
export function thisProcess(): Process {
  const process = current.getStore();
  if (process === undefined) throw new Error('called from outside of the model');
  return process;
}

/** `replay-2` does what `replay` does. */
const roleOf = ({ name }: Process): string => name.replace(/-\d+$/, '');

/** The run takes no end: somebody waits for what never comes, or goes round in circles. */
export class Endless extends Error {}

const immediately = setImmediate;
const START = Date.UTC(2026, 0, 1);

export class Simulation {
  now = START;
  random: Random;
  #blows: Blow[];
  readonly trace: string[] = [];
  /** Told when a blow has fallen. */
  onBlow: () => void = () => undefined;
  /** Keeps what happened in words; for a run that a person reads. */
  readonly telling: boolean;
  #events: Event[] = [];
  /** Awaits so far, by what processes do: what blows are counted in. */
  readonly #counted = new Map<string, number>();
  #order = 0;
  #struckUntil = 0;
  readonly #doomed = new Map<Process, number>();

  constructor(options: { order: number; blows: readonly Blow[]; telling?: boolean }) {
    this.random = new Random(options.order);
    this.#blows = [...options.blows];
    this.telling = options.telling ?? false;
  }

  /** When the last one wakes up that was stopped, in milliseconds of the model's clock. */
  get struckUntil(): number {
    return this.#struckUntil;
  }

  get seconds(): number {
    return (this.now - START) / 1000;
  }

  /** Another chance, and other blows, from now on. */
  chance(random: Random, blows: readonly Blow[]): void {
    this.random = random;
    this.#blows = blows.map((blow) => ({ ...blow }));
    this.#counted.clear();
    this.#doomed.clear();
  }

  tell(line: string): void {
    if (!this.telling) return;
    const who = currentProcess()?.name ?? '-';
    this.trace.push(`${this.seconds.toFixed(3).padStart(9)} ${who.padEnd(12)} ${line}`);
  }

  /** Runs code as a process. `ended` is called when it returns or throws, not when it is killed. */
  spawn(name: string, code: () => Promise<unknown>, ended?: (error: unknown) => void): Process {
    const process = new Process(this, name);
    this.schedule(0, process, () => {
      const finish = (error: unknown) => {
        process.end();
        ended?.(error);
      };
      code().then(() => finish(undefined), finish);
    });
    return process;
  }

  /** A process that is started again whenever it ends or dies, as a supervisor does it, until `over`. */
  supervise(name: string, code: () => Promise<unknown>, over: () => boolean): void {
    const start = () => {
      if (over()) return;
      const process = this.spawn(name, code);
      process.atEnd.push(() => this.schedule(200, null, start));
    };
    start();
  }

  /** Something that happens so many milliseconds from now; of a process: only while it lives. */
  schedule(milliseconds: number, process: Process | null, happen: () => void): { cancel(): void } {
    const event: Event = {
      at: Math.ceil(this.now + milliseconds), // whole ones, so that they are the same in PostgreSQL
      order: (this.#order += 1),
      process,
      happen,
      cancelled: false,
    };
    this.#insert(event);
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  /** Waits within a process. A process that dies meanwhile never goes on. */
  hop(milliseconds: number, where: Await = 'any'): Promise<void> {
    const process = thisProcess();
    this.strike(where);
    return new Promise((resolve) => {
      this.schedule(milliseconds, process, resolve);
    });
  }

  /** Counts an await of this process, and lets blows fall on it that are due. @returns their kinds */
  strike(where: Await): Blow['kind'][] {
    const process = thisProcess();
    if (!process.alive) return [];
    const counts: Partial<Record<Await, number>> = { any: this.#count(process, 'any') };
    if (where !== 'any') counts[where] = this.#count(process, where);
    this.#doom(process);
    const due = this.#blows.filter(
      (blow) => blow.process === roleOf(process) && blow.at === counts[blow.where],
    );
    for (const blow of due) {
      blow.at = -1; // once: who is started again lives on
      if (blow.kind === 'cut') {
        this.tell('its connection breaks');
      } else if (blow.kind === 'kill') {
        this.tell('killed');
        process.end();
      } else {
        this.tell(`stopped for ${blow.milliseconds} ms`);
        process.stoppedUntil = this.now + blow.milliseconds;
        this.#struckUntil = Math.max(this.#struckUntil, process.stoppedUntil);
      }
      if (blow.kind === 'stop, kill') this.#doomed.set(process, blow.later);
    }
    if (due.length > 0) this.onBlow();
    return due.map(({ kind }) => kind);
  }

  /** One who woke up has so many awaits left. */
  #doom(process: Process): void {
    const left = this.#doomed.get(process);
    if (left === undefined || process.stoppedUntil > this.now) return;
    this.#doomed.set(process, left - 1);
    if (left > 1) return;
    this.tell('killed');
    process.end();
  }

  #count(process: Process, where: Await): number {
    const name = `${roleOf(process)}/${where}`;
    const count = (this.#counted.get(name) ?? 0) + 1;
    this.#counted.set(name, count);
    return count;
  }

  /**
   * Lets things happen until `done`.
   * @throws Endless where the time or the number of events is up, or nothing is left that could happen
   */
  async run(done: () => boolean, limit: { seconds: number; events: number }): Promise<void> {
    const until = this.now + limit.seconds * 1000;
    for (let count = 0; ; count += 1) {
      await new Promise((resolve) => immediately(resolve));
      if (done()) return;
      const event = this.#events.shift();
      if (event === undefined) throw new Endless('nothing is left that could happen');
      if (event.at > until) throw new Endless(`not done after ${limit.seconds} s`);
      if (count > limit.events) throw new Endless(`not done after ${limit.events} events`);
      this.#happen(event);
    }
  }

  #happen(event: Event): void {
    const { process } = event;
    if (event.cancelled || process?.alive === false) return;
    if (process !== null && process.stoppedUntil > event.at) {
      event.at = process.stoppedUntil;
      this.#insert(event);
      return;
    }
    this.now = Math.max(this.now, event.at);
    if (process === null) event.happen();
    else current.run(process, event.happen);
  }

  #insert(event: Event): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (
        other !== undefined &&
        (other.at < event.at || (other.at === event.at && other.order < event.order))
      )
        low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }
}
