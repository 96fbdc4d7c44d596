import { pick } from '../input/random.ts';
import type { Holdings } from './holdings.ts';
import { drawKind, isRead } from './operations.ts';
import { Reads } from './reads.ts';
import type { Shared } from './shared.ts';
import { Writes } from './writes.ts';

/**
 * One logical client: at most one write and one read of it are under way at a time, so that reads go on
 * while a write waits for the end of a hold.
 */
export class FleetClient {
  readonly #shared: Shared;
  readonly #holdings: Holdings[];
  readonly #reads: Reads;
  readonly #writes: Writes;
  #reading: Promise<void> | undefined;
  #writing: Promise<void> | undefined;

  constructor(number: number, shared: Shared, holdings: Holdings[]) {
    this.#shared = shared;
    this.#holdings = holdings;
    this.#reads = new Reads(shared);
    this.#writes = new Writes(number, shared);
  }

  /** Begins the next operation. Answers at once; false where there was no room for one. */
  tick(): boolean {
    const { random, now } = this.#shared;
    // Images are four times as busy as the metadata.
    const holdings = random() < 0.8 ? this.#holdings[0] : pick(random, this.#holdings);
    if (holdings === undefined) return false;
    const unsettled = this.#reading === undefined ? holdings.toSettle(now()) : undefined;
    if (unsettled !== undefined) {
      this.#read(this.#reads.settle(holdings, unsettled));
      return true;
    }
    const kind = drawKind(random, this.#writing !== undefined);
    if (!isRead(kind)) this.#write(this.#writes.run(kind, holdings));
    else if (this.#reading === undefined) this.#read(this.#reads.run(kind, holdings));
    else return false;
    return true;
  }

  #read(running: Promise<void>): void {
    this.#reading = running.catch(this.#shared.onDefect).finally(() => (this.#reading = undefined));
  }

  #write(running: Promise<void>): void {
    this.#writing = running.catch(this.#shared.onDefect).finally(() => (this.#writing = undefined));
  }

  /** Resolves when nothing of this client is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#reading, this.#writing]);
  }
}
