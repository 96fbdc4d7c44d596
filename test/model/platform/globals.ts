import { currentProcess, type Process } from './simulation.ts';

/**
 * Timers, clocks and chance of the processes of the model. Code outside of it, the test runner's, keeps the
 * real ones: the asynchronous context says which of the two is meant.
 */

class ModelTimer {
  #event: { cancel(): void };
  readonly #repeat: (() => { cancel(): void }) | null;
  #cleared = false;

  constructor(process: Process, milliseconds: number, callback: () => void, repeats: boolean) {
    const arm = () =>
      process.simulation.schedule(Math.max(1, milliseconds), process, () => {
        if (this.#cleared) return;
        if (this.#repeat !== null) this.#event = this.#repeat();
        callback();
      });
    this.#repeat = repeats ? arm : null;
    this.#event = arm();
  }

  clear(): void {
    this.#cleared = true;
    this.#event.cancel();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }
}

type Callback = (...values: unknown[]) => void;

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  Date: globalThis.Date,
  performanceNow: performance.now.bind(performance),
  random: Math.random.bind(Math),
};

function timerOf(repeats: boolean) {
  const passOn = (repeats ? real.setInterval : real.setTimeout) as (...values: unknown[]) => unknown;
  return (callback: Callback, milliseconds = 0, ...values: unknown[]): unknown => {
    const process = currentProcess();
    if (process === undefined) return passOn(callback, milliseconds, ...values);
    return new ModelTimer(process, milliseconds, () => callback(...values), repeats);
  };
}

function clearOf(passOn: (timer: never) => void) {
  return (timer: unknown): void => {
    if (timer instanceof ModelTimer) timer.clear();
    else passOn(timer as never);
  };
}

class ModelDate extends real.Date {
  constructor(...values: unknown[]) {
    if (values.length === 0) super(ModelDate.now());
    else super(...(values as [number]));
  }

  static override now(): number {
    return currentProcess()?.simulation.now ?? real.Date.now();
  }
}

/** Puts the model's timers, clocks and chance in place, for this thread and for good. */
export function installGlobals(): void {
  Object.assign(globalThis, {
    setTimeout: timerOf(false),
    setInterval: timerOf(true),
    clearTimeout: clearOf(real.clearTimeout),
    clearInterval: clearOf(real.clearInterval),
    Date: ModelDate,
  });
  // From a point of its own, as the real one: nobody may take it for the time of the day.
  performance.now = () => {
    const simulation = currentProcess()?.simulation;
    return simulation === undefined ? real.performanceNow() : simulation.seconds * 1000 + 1000;
  };
  Math.random = () => currentProcess()?.simulation.random.fraction() ?? real.random();
}
