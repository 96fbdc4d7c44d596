import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf } from '../command-line.ts';
import { stopSignal } from '../../platform/process.ts';
import type { Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { log } from '../../contract/log.ts';
import { keepHeapSmall } from '../memory.ts';
import type { StoresOptions } from '../options.ts';
import { showDryRun } from '../standalone/dry-run.ts';
import { assertStores } from '../standalone/reach.ts';
import { orUnreachable } from '../../move/common/unreachable.ts';
import { Concurrency } from '../../move/sync/concurrency.ts';
import { setLimits } from '../../move/sync/limits.ts';
import { progressDisplay, readProgress, type ProgressDisplay } from '../../move/sync/progress.ts';
import { describeFailed, describeReport, readReport, reportJson } from '../../move/sync/report.ts';
import { startSyncRuns } from '../../move/sync/start.ts';
import { sayEnd, UNFINISHED, withSyncLedger, type BackoffOptions } from './with-ledger.ts';
import { runWorker, type WorkerEnd } from '../../move/sync/worker.ts';

const SHOW_EVERY_MS = 500;

export type RunOptions = StoresOptions &
  BackoffOptions & {
    limit?: string;
    concurrency?: number;
    versions?: boolean;
    deleteAtMost?: number;
    dryRun?: boolean;
    json?: boolean;
  };

/** A whole run in this process. */
export async function run({
  limit,
  concurrency: most,
  versions = false,
  deleteAtMost,
  dryRun = false,
  json = false,
  ...options
}: RunOptions): Promise<void> {
  keepHeapSmall();
  if (dryRun) {
    const environment = await environmentOf(options);
    await assertStores(environment);
    await orUnreachable('what would be done is not known', () => showDryRun(environment, { json, versions }));
    return;
  }
  const asJson = json || !process.stdout.isTTY;
  await withSyncLedger(options, { toWrite: true }, async (given, ledger) => {
    const environment = most === undefined ? given : { ...given, sync: shared(given.sync, most) };
    if (limit !== undefined) await setLimits(ledger, limit);
    await startSyncRuns(environment, ledger, { again: true, versions, deleteAtMost });
    const limits = Array.from(
      { length: environment.sync.workers },
      () => new Concurrency(environment.sync.concurrency),
    );
    const atOnce = () => limits.reduce((sum, { limit }) => sum + limit, 0);
    const display = progressDisplay(process.stdout, { json: asJson, atOnce });
    const ends = await showing(environment, ledger, display, (stop) =>
      runWorkers(environment, ledger, limits, stop),
    );
    ends.forEach(sayEnd);
    const report = await readReport(environment, ledger);
    const unfinished = ends.includes('asked');
    const exitCode = unfinished ? UNFINISHED : report.failed.length > 0 ? 1 : 0;
    process.stdout.write(`${asJson ? reportJson(report, exitCode) : describeReport(report)}\n`);
    if (asJson && report.failed.length > 0) {
      process.stderr.write(`${describeFailed(report.failed).join('\n')}\n`);
    }
    process.exitCode = exitCode;
  });
}

/** So many objects at once in all, over workers that go through shards of their own. */
function shared(sync: Environment['sync'], atOnce: number): Environment['sync'] {
  const workers = Math.min(sync.workers, atOnce);
  return { ...sync, workers, concurrency: Math.ceil(atOnce / workers) };
}

/** A worker for each limit. The first that fails stops the others; its error is thrown when all have ended. */
async function runWorkers(
  environment: Environment,
  ledger: Pool,
  limits: readonly Concurrency[],
  stop: AbortSignal,
): Promise<WorkerEnd[]> {
  const trouble = new AbortController();
  const either = AbortSignal.any([stop, trouble.signal]);
  const results = await Promise.allSettled(
    limits.map(async (concurrency) => {
      try {
        return await runWorker(environment, ledger, either, { concurrency });
      } catch (error) {
        trouble.abort();
        throw error;
      }
    }),
  );
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected !== undefined) {
    throw rejected.reason;
  }
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
}

/** Shows progress on standard output while `work` goes on. */
async function showing(
  environment: Environment,
  ledger: Pool,
  display: ProgressDisplay,
  work: (stop: AbortSignal) => Promise<WorkerEnd[]>,
): Promise<WorkerEnd[]> {
  const ended = new AbortController();
  const show = async (): Promise<void> => {
    for (;;) {
      // While the ledger is away the last figures are shown; the workers say what they wait for.
      await readProgress(environment, ledger).then(
        (progress) => display.update(progress),
        (error: unknown) => log.debug(error),
      );
      if (ended.signal.aborted) {
        return;
      }
      await sleep(SHOW_EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };
  const shown = show();
  try {
    return await work(stopSignal());
  } finally {
    ended.abort();
    await shown;
    display.stop();
  }
}
