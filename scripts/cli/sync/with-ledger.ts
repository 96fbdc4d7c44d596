import { environmentOf } from '../command-line.ts';
import type { Environment } from '../../contract/environment.ts';
import { assertReachable, openLedger } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { log } from '../../contract/log.ts';
import type { StoresOptions } from '../options.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { assertStores } from '../standalone/reach.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import type { WorkerEnd } from '../../move/sync/worker.ts';

/**
 * A worker that was stopped has not done its work: 0 would make a Kubernetes Job take the index of a
 * pod that was evicted for complete. 128 + SIGTERM, as for a process that the signal ended.
 */
export const UNFINISHED = 143;

/** How long to wait for a store that gives trouble, in seconds; `patience` is its former name. */
export type BackoffOptions = { backoff?: number; patience?: number };

/** Runs a command's work with the environment that it was given, and its ledger. */
export async function withSyncLedger<T>(
  { backoff, patience, ...stores }: StoresOptions & BackoffOptions,
  options: { toWrite: boolean },
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  const environment = withBackoff(await environmentOf(stores), backoff ?? patience);
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

function withBackoff(environment: Environment, backoffSeconds: number | undefined): Environment {
  if (backoffSeconds === undefined) return environment;
  return { ...environment, sync: { ...environment.sync, backoffSeconds } };
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
