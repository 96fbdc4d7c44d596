import { clockOf, type Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import type { HeldLock } from '../../ledger/locks.ts';
import type { StepVoice } from '../../contract/step-protocol.ts';

/** What every step of a phase is given. */
export type PhaseContext = {
  environment: Environment;
  ledger: Pool;
  /** The move's clock: the only one that counts days. */
  now: () => Date;
  /** Says to the person at the terminal what goes on; a step that takes long calls it again and again. */
  say: (line: string) => void;
  lock: HeldLock;
  /** Seconds that the step may still take. Default: no limit. */
  remainingSeconds?: (() => number) | undefined;
};

export function phaseContext(
  environment: Environment,
  ledger: Pool,
  lock: HeldLock,
  { say, remainingSeconds }: StepVoice,
): PhaseContext {
  return {
    environment,
    ledger,
    lock,
    now: clockOf(environment),
    say,
    remainingSeconds,
  };
}
