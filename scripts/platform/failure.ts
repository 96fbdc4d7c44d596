import { messageOf, UserError } from '../contract/errors.ts';
import { isLedgerAway, ledgerAway } from '../ledger/away.ts';
import { StoreError } from '../store/errors.ts';

/** What a failure prints, and with what code a process exits that ends with it. */
export type Failure = { exitCode: number; text: string };

/** The one place that decides it. A stack trace is for bugs only (exit code 70). */
export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) return { exitCode: error.exitCode, text: error.message };
  if (error instanceof StoreError) {
    return {
      exitCode: 3,
      text: `A store could not be asked, or refused: ${error.message}. See migrate preflight.`,
    };
  }
  if (isLedgerAway(error)) return failureOf(ledgerAway(error));
  return {
    exitCode: 70,
    text: error instanceof Error ? (error.stack ?? error.message) : messageOf(error),
  };
}
