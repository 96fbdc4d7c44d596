import { messageOf, UserError } from '../../contract/errors.ts';
import { isLedgerAway, ledgerAway } from '../../ledger/away.ts';
import { log } from '../../contract/log.ts';
import { StoreError } from '../../store/errors.ts';
import { pause } from './pause.ts';

/** How long pauses are: the first, then twice as long each time, up to the longest. */
const FIRST_PAUSE_SECONDS = 0.5;
const LONGEST_PAUSE_SECONDS = 30;
/** All of them together; then the worker gives up. */
const LIMIT_SECONDS = 60;

/** How long the pause after so many others is, within what is left of the backoff; 0 when nothing is. */
export function pauseSeconds(before: number, backoffSeconds: number): number {
  let left = backoffSeconds;
  let next = FIRST_PAUSE_SECONDS;
  for (let count = 0; count < before && left > 0; count += 1) {
    left -= next;
    next = Math.min(next * 2, LONGEST_PAUSE_SECONDS);
  }
  return Math.max(0, Math.min(next, left));
}

/** Waits for a store, or for the ledger, while it gives trouble, for so long in all as was configured. */
export class Backoff {
  readonly #seconds: number;
  readonly #stop: AbortSignal;
  #pauses = 0;

  /** @param seconds default: 60 */
  constructor(seconds: number | undefined, stop: AbortSignal) {
    this.#seconds = seconds ?? LIMIT_SECONDS;
    this.#stop = stop;
  }

  /** Something was done: an earlier trouble counts no more. */
  progressed(): void {
    this.#pauses = 0;
  }

  /** Waits before all is tried again; throws what waiting does not help against, and when backoff is at its end. */
  async wait(error: unknown): Promise<void> {
    if (isLedgerAway(error)) return this.#pause(error, () => ledgerAway(error));
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'UserSuspended') {
      throw new UserError(
        `The target refuses us: ${error.message}. The user migration-sync is suspended while applications turn; ` +
          'if that was called off, start sync again.',
        { exitCode: 3, cause: error },
      );
    }
    if (!error.retryable) throw givenUp(error);
    await this.#pause(error, () => givenUp(error));
  }

  async #pause(error: unknown, atTheEnd: () => UserError): Promise<void> {
    const seconds = pauseSeconds(this.#pauses, this.#seconds);
    if (seconds === 0) throw atTheEnd();
    this.#pauses += 1;
    log.warn({ pauseSeconds: seconds }, `sync waits: ${messageOf(error)}`);
    await pause(seconds * 1000, this.#stop);
  }
}

function givenUp(error: StoreError): UserError {
  return new UserError(
    `A store gives trouble, so sync stopped where it was: ${error.message}. ` +
      (error.code === 'Deadline' || error.code === 'QuotaExceeded'
        ? 'A target that reads and does not write is full: look at "ceph df" and at quotas. '
        : '') +
      'Start sync again when it is over.',
    { exitCode: 3, cause: error },
  );
}
