import { environmentOf, type EnvironmentOptions } from '../command-line.ts';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { assertReachable, openLedger, type Pool } from '../../ledger/connect.ts';
import { log } from '../../contract/log.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { assertStores } from '../standalone/reach.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import type { WorkerEnd } from '../../move/sync/worker.ts';

const LONGEST_PATIENCE_SECONDS = 86_400;

/**
 * A worker that was told to stop has not done its work: 0 would make a Kubernetes Job take the index of a
 * pod that was evicted for complete. 128 + SIGTERM, as of a process that the signal ended.
 */
export const UNFINISHED = 143;

/** Runs a command's work with the environment that it was given, and its ledger. */
export async function withLedger<T>(
  args: EnvironmentOptions & { patience?: string | undefined },
  options: { toWrite: boolean },
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  const environment = withPatience(await environmentOf(args), args.patience);
  if (options.toWrite && environment.name === 'standalone') await assertStores(environment);
  await prepareLedger(environment, options);
  const ledger = openLedger(environment.ledger, {
    max: 4 + environment.sync.workers,
    application: `migrate sync (pid ${process.pid})`,
  });
  try {
    await assertReachable(ledger);
    return await orUnreachable('sync stopped where it was', () => work(environment, ledger));
  } finally {
    await ledger.end();
  }
}

/** With the patience that an option says, if it says any. */
export function withPatience(environment: Environment, text: string | undefined): Environment {
  if (text === undefined) return environment;
  const patienceSeconds = text.trim() === '' ? NaN : Number(text);
  if (!(patienceSeconds >= 0 && patienceSeconds <= LONGEST_PATIENCE_SECONDS)) {
    throw new UserError(
      `--patience is "${text}"; it must be a number of seconds from 0 to ${LONGEST_PATIENCE_SECONDS}, for example 600`,
    );
  }
  return { ...environment, sync: { ...environment.sync, patienceSeconds } };
}

/** Says why a worker ended. */
export function sayEnd(end: WorkerEnd): void {
  const reasons = {
    done: 'no shard is left open',
    superseded: 'applications write to Ceph by now, or the move has turned: there is nothing to sync',
    asked: 'asked to stop; the next worker goes on from the checkpoint',
  };
  log.info(`sync worker ended: ${reasons[end]}`);
}
