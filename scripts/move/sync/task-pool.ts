/**
 * Works on tasks, oldest first, so many at once as `limit` says at each moment. A task that throws ends it:
 * none is begun after that, nor after `stop`.
 */
export class TaskPool {
  readonly #limit: () => number;
  readonly #queue: (() => Promise<void>)[] = [];
  #active = 0;
  #failure: { error: unknown } | undefined;
  #stopped = false;
  #waiting: (() => void)[] = [];

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Whether tasks that were added are still begun. */
  get isOpen(): boolean {
    return !this.#stopped;
  }

  add(task: () => Promise<void>): void {
    this.#queue.push(task);
    this.#begin();
  }

  /** Comes back when fewer tasks wait than are worked on at once, or none is begun any more. */
  async hungry(): Promise<void> {
    while (!this.#stopped && this.#queue.length >= this.#limit()) await this.#change();
  }

  /** Comes back when no task is in work and none waits, or none is begun any more. */
  async drained(): Promise<void> {
    while (this.#active > 0 || (!this.#stopped && this.#queue.length > 0)) await this.#change();
  }

  /** Begins no more tasks. */
  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Ends the work with an error; the first one counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.stop();
  }

  /** Throws the first error there was. */
  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #begin(): void {
    while (!this.#stopped && this.#active < this.#limit()) {
      const task = this.#queue.shift();
      if (task === undefined) return;
      this.#active += 1;
      void task()
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.#active -= 1;
          this.#begin();
          this.#wake();
        });
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
