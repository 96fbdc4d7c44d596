import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { assertLedgerIsCurrent } from '../common/epoch-mirror.ts';
import { callOff, isCalledOffOpen, openHold } from '../../ledger/holds.ts';
import { takeLock } from '../../ledger/locks.ts';
import { log } from '../../contract/log.ts';
import { carryOut, restore } from './carry-out.ts';
import { readParameter } from '../../platform/applications-parameter/parameter.ts';
import { sleep } from '../../contract/wait.ts';

const PAUSE_MILLISECONDS = 250;
/** A holder that lives but is stuck is given this long beyond the limit to call itself off. */
const GRACE_SECONDS = 2;
const PARAMETER_PAUSE_MILLISECONDS = 5000;
const ALONGSIDE_PAUSE_MILLISECONDS = 60_000;

/**
 * Sees to it that a hold always ends, whichever process dies: runs beside the others, under the
 * supervisor. A holder that died has lost its lock with its connection; one that is stuck past its
 * limit loses the compare-and-set on the hold's state. Afterwards the parameter says what the ledger says.
 *
 * @param alongside asked once a minute, because this process runs in every phase: for example whether the
 *   comparison that follows the bulk copy is due
 */
export async function watchHolds(
  environment: Environment,
  ledger: Pool,
  signal: AbortSignal,
  alongside: () => Promise<boolean>,
): Promise<void> {
  // Every look at a parameter of Systems Manager is a call of which an account has 40 a second.
  const parameterPause = environment.parameter.kind === 'file' ? 0 : PARAMETER_PAUSE_MILLISECONDS;
  const stuck = new Seldom(parameterPause, () => parameterIsStuck(environment));
  const other = new Seldom(ALONGSIDE_PAUSE_MILLISECONDS, alongside);
  while (!signal.aborted) {
    try {
      await watchOnce(environment, ledger, stuck);
      await other.ask();
    } catch (error) {
      log.warn({ reason: messageOf(error) }, 'could not look after the hold; trying again');
    }
    await sleep(PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
  }
}

/** Asks something at most every so many milliseconds; false in between. */
class Seldom {
  readonly #milliseconds: number;
  readonly #ask: () => Promise<boolean>;
  #next = -Infinity;

  constructor(milliseconds: number, ask: () => Promise<boolean>) {
    this.#milliseconds = milliseconds;
    this.#ask = ask;
  }

  ask(): Promise<boolean> {
    if (performance.now() < this.#next) return Promise.resolve(false);
    this.#next = performance.now() + this.#milliseconds;
    return this.#ask();
  }
}

async function watchOnce(environment: Environment, ledger: Pool, stuck: Seldom): Promise<void> {
  const hold = await openHold(ledger);
  if (hold !== null && hold.ageSeconds > hold.limitSeconds + GRACE_SECONDS && hold.state === 'holding') {
    await assertLedgerIsCurrent(environment, ledger);
    if (await callOff(ledger, hold.id, 'it was past its limit and its process did not answer')) {
      await restore(environment, ledger);
    }
    return;
  }
  if (hold === null && !(await isCalledOffOpen(ledger)) && !(await stuck.ask())) return;
  const lock = await takeLock(ledger, 'hold', { wait: false });
  if (lock === null) return;
  try {
    await assertLedgerIsCurrent(environment, ledger);
    const left = await openHold(ledger);
    if (left?.state === 'holding') {
      log.warn({ hold: String(left.id) }, 'the process that held the writes died: the hold is called off');
      if (await callOff(ledger, left.id, 'the process that held it died')) await restore(environment, ledger);
    } else if (left?.state === 'turned') {
      log.warn(
        { hold: String(left.id) },
        'the process that turned the applications died: carrying the turn out',
      );
      await carryOut(environment, ledger);
    } else if (await isCalledOffOpen(ledger)) {
      log.warn('what a hold that was called off had changed is not all put back: doing it again');
      await restore(environment, ledger);
    } else if (await parameterIsStuck(environment)) {
      log.warn('the parameter still says hold though none is open: it says again what the ledger says');
      await restore(environment, ledger);
    }
  } finally {
    lock.release();
  }
}

/** A holder that was stopped and woke up too late may have written its `hold` after it was given up. */
async function parameterIsStuck(environment: Environment): Promise<boolean> {
  return (await readParameter(environment))?.state === 'hold';
}
