import type { Pool } from '../../ledger/database.ts';

/**
 * Waits for work: until the log says that something was appended, or the time is up. Notifications are
 * only a hint that saves waiting; one that is lost costs one poll.
 */
export class Listener {
  readonly #ledger: Pool;
  #stopListening: (() => void) | null = null;
  #woken = false;
  #wake: () => void = () => undefined;

  constructor(ledger: Pool) {
    this.#ledger = ledger;
  }

  /** Occupies one connection of the pool until `close`. Quietly does nothing where the ledger is away. */
  async listen(): Promise<void> {
    if (this.#stopListening !== null) return;
    const client = await this.#ledger.connect().catch(() => null);
    if (client === null) return;
    const stop = () => {
      if (this.#stopListening !== stop) return;
      this.#stopListening = null;
      client.release(true);
    };
    this.#stopListening = stop;
    client.on('error', stop);
    client.on('notification', () => this.now());
    await client.query('LISTEN operation').catch(stop);
  }

  /** Ends the wait that is under way, or the next one at once. */
  now(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Until `now`, a notification, or so many milliseconds. */
  async wait(milliseconds: number): Promise<void> {
    if (!this.#woken) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, milliseconds);
      await promise;
      clearTimeout(timer);
    }
    this.#woken = false;
  }

  close(): void {
    this.#stopListening?.();
  }
}
