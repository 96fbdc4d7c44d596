import { syncProgress } from '../../ledger/shards.ts';
import { startSyncRuns } from '../sync/start.ts';
import { sleep } from '../../contract/wait.ts';
import { UserError } from '../../contract/errors.ts';
import { workersOf } from '../../platform/workers.ts';
import type { PhaseContext } from './context.ts';
import { runName } from '../common/run-name.ts';

const LOOK_EVERY_MILLISECONDS = 1000;

/**
 * Starts the bulk copy and returns: the workers run under the supervisor (on AWS: as a Kubernetes Job)
 * and outlive the update that started them.
 */
export async function startSync({ environment, ledger }: PhaseContext): Promise<void> {
  await startSyncRuns(environment, ledger);
  const progress = await Promise.all(environment.moves.map((move) => syncProgress(ledger, move.name)));
  if (progress.every(({ state }) => state === 'done')) return;
  const workers = await workersOf(environment);
  await workers.start('copy', runName(progress));
}

/** Waits until every move's newest run is done, saying how far it is. Takes over where a killed step was. */
export async function waitForSync(context: PhaseContext): Promise<void> {
  const { environment, ledger, say } = context;
  const workers = await workersOf(environment);
  let lastLine = '';
  for (;;) {
    const all = await Promise.all(environment.moves.map((move) => syncProgress(ledger, move.name)));
    const sum = (pick: (progress: (typeof all)[number]) => number) =>
      all.reduce((total, progress) => total + pick(progress), 0);
    const line =
      `  copied ${sum((p) => p.objects)} of about ${sum((p) => p.objectsExpected)} objects, ` +
      `${(sum((p) => p.bytes) / 1e6).toFixed(0)} of ${(sum((p) => p.bytesExpected) / 1e6).toFixed(0)} MB, ${sum((p) => p.failed)} failed`;
    if (line !== lastLine) say(line);
    lastLine = line;
    if (all.every((progress) => progress.state === 'done')) return;
    const run = runName(all);
    const state = await workers.state('copy', run);
    if (state === 'failed') {
      throw new UserError(
        `The workers of the bulk copy ended before the work did. ${workers.whereToLook('copy', run)}`,
        { exitCode: 1 },
      );
    }
    // The supervisor restarts a worker that died, but does not start them after a restart of its own.
    if (state !== 'running') await workers.start('copy', run);
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
}
