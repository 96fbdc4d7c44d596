import { setTimeout as sleep } from 'node:timers/promises';
import { enableUsers } from '../common/fence.ts';
import { STRAGGLER } from '../../contract/names.ts';
import { Deadline, until } from '../../contract/wait.ts';
import { clockOf, type Environment } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import type { Pool } from '../../ledger/database.ts';
import { replayLag } from '../../ledger/operations.ts';
import { requireComparison } from '../common/comparison.ts';
import { certifyContainment, lackingContainment, type TakeContainment } from './certify.ts';
import { allowWrites, assertWritesRefused, denyWrites } from './deny.ts';
import { retireGuards } from './facts.ts';
import { sourceIsEmpty } from './empty.ts';
import { rulesStand, takeRulesBack } from './rules.ts';

export { sourceIsEmpty };

export type RetireOptions = {
  takeContainment: TakeContainment;
  /** The move's clock. Default: the environment's. */
  now?: Date;
  /** As of `retireGuards`. */
  watchReads?: boolean;
  /** Called with what goes on, for the person at the terminal. */
  say?: (line: string) => void;
};

/** Longer than replay needs for what was open when the writes were denied. */
const REPLAY_SECONDS = 60;

/**
 * Prepares the end of S3, in the only safe order: guards; writes denied and proven so; what was in
 * flight drained; replay at zero; open multipart uploads listed; a containment certificate. May be
 * repeated after it was killed.
 *
 * @returns what is missing, in plain words. Empty: S3 may be expired. When something is missing, or
 * this throws, writes to S3 are allowed again and nothing else was changed; but where the certificate is
 * taken in a cluster, writes stay denied until it is, and the UserError (exit 1) that says so is thrown.
 */
export async function beginRetire(
  environment: Environment,
  ledger: Pool,
  options: RetireOptions,
): Promise<string[]> {
  const say = options.say ?? (() => undefined);
  if ((await rulesStand(environment)) === 'all') return []; // it was begun before, and S3 is being emptied
  // A retire that broke off may have left replay's user suspended, and events may have come since.
  await enableUsers(environment, [STRAGGLER]);
  const now = options.now ?? clockOf(environment)();
  // The certificate is taken below, once nobody can write any more.
  const { watchReads = true } = options;
  const missing = await retireGuards(environment, ledger, now, { certificate: false, watchReads });
  if (missing.length > 0) return missing.map(({ message }) => message);
  const inCluster = environment.workers.kind === 'kubernetes';
  try {
    await silence(environment, ledger, say);
    if (!inCluster) {
      const refused = await certifyContainment(environment, ledger, say, options.takeContainment);
      if (refused.length > 0) await takeBack(environment);
      return refused;
    }
  } catch (error) {
    await takeBack(environment).catch((failure: unknown) => {
      throw new UserError(
        `Retire failed (${messageOf(error)}), and the statement that denies writes to S3 could not be taken back: ${messageOf(failure)}. ` +
          'Run the same again, or set storage:phase back to retain.',
        { exitCode: 3, cause: error },
      );
    });
    throw error;
  }
  // A comparison that takes hours goes on while writes are denied, or it would not be the last word.
  await requireComparison(
    { environment, ledger },
    'containment',
    () => lackingContainment(environment, ledger),
    'S3 loses nothing, but writes to it are denied from now on (to allow them again: migrate phase settle retain)',
  );
  return [];
}

/** Denies writes to S3, and waits until nothing is on its way there or from there any more. */
async function silence(environment: Environment, ledger: Pool, say: (line: string) => void): Promise<void> {
  say('denies writes to the source buckets by a policy statement');
  await denyWrites(environment);
  say(`waits ${environment.bounds.requestSeconds} s for requests that were in flight`);
  await sleep(environment.bounds.requestSeconds * 1000);
  await assertWritesRefused(environment);
  await until('replay reaches zero', new Deadline(REPLAY_SECONDS), async () => {
    const { operations } = await replayLag(ledger);
    return operations === 0 ? true : `${operations} operations open`;
  });
}

/** Allows writes again, but never to a bucket that is being emptied: what came late would be expired. */
async function takeBack(environment: Environment): Promise<void> {
  if ((await rulesStand(environment)) === 'none') await allowWrites(environment);
}

/**
 * Gives up a retire that was begun and has not expired anything: writes to S3 are allowed again.
 * Refuses (UserError, exit 1) once an expiry rule is set, because S3 may have lost objects by then.
 */
export async function cancelRetire(environment: Environment, _ledger: Pool): Promise<void> {
  if ((await rulesStand(environment)) !== 'none') {
    throw new UserError(
      'The source buckets are being emptied by lifecycle rules; there is no way back from retire. ' +
        'Set storage:phase to retire and run pulumi up again.',
      { exitCode: 1 },
    );
  }
  await allowWrites(environment);
}

/**
 * Takes our expiry rules out of the source buckets. Only once these are empty; writes must still be denied.
 */
export async function removeExpiryRules(environment: Environment): Promise<void> {
  const left = await sourceIsEmpty(environment);
  if (left.length > 0) {
    throw new UserError(
      `The source is not empty yet:\n  - ${left.join('\n  - ')}\nWait, then run this again.`,
      {
        exitCode: 1,
      },
    );
  }
  await takeRulesBack(environment);
}
