import { clockOf, type Environment } from '../environment.ts';
import type { Pool } from '../ledger/connect.ts';
import type { HeldLock } from '../ledger/locks.ts';

/** What every step of a phase is given. */
export type PhaseContext = {
  environment: Environment;
  ledger: Pool;
  /** The move's clock: the only one that counts days. */
  now: () => Date;
  /** Says to the person at the terminal what goes on; a step that takes long calls it again and again. */
  say: (line: string) => void;
  lock: HeldLock;
};

export function phaseContext(environment: Environment, ledger: Pool, lock: HeldLock): PhaseContext {
  return {
    environment,
    ledger,
    lock,
    now: clockOf(environment),
    // Standard output is the gate's answer; people read standard error.
    say: (line) => process.stderr.write(`${line}\n`),
  };
}
