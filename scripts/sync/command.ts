import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from 'citty';
import {
  environmentOf,
  outliveStart,
  stopSignal,
  storesArguments,
  wholeNumber,
  type EnvironmentOptions,
} from '../command-line.ts';
import type { Environment } from '../environment.ts';
import { assertReachable, openLedger, type Pool } from '../ledger/connect.ts';
import { log } from '../log.ts';
import { keepHeapSmall } from '../memory.ts';
import { showDryRun } from '../standalone/dry-run.ts';
import { prepareLedger } from '../standalone/ledger.ts';
import { assertStores } from '../standalone/reach.ts';
import { orUnreachable } from '../verify/unreachable.ts';
import { limitArgument, runArguments, shardArgument } from './arguments.ts';
import { setLimits } from './limits.ts';
import { shardPreference } from './preference.ts';
import { describeProgress, progressDisplay, progressJson, readProgress } from './progress.ts';
import { describeFailed, describeReport, readReport, reportJson } from './report.ts';
import { startSyncRuns, type StartedRun } from './start.ts';
import { runWorker, type WorkerEnd } from './worker.ts';

const SHOW_EVERY_MS = 500;
const MOST_AT_ONCE = 1024;

/**
 * A worker that was told to stop has not done its work: 0 would make a Kubernetes Job take the index of a
 * pod that was evicted for complete. 128 + SIGTERM, as of a process that the signal ended.
 */
const UNFINISHED = 143;

async function withLedger<T>(
  args: EnvironmentOptions,
  options: { toWrite: boolean },
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  const environment = await environmentOf(args);
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

function describeStart({ move, run, begun }: StartedRun): string {
  return begun ? `${move}: run ${run} begun` : `${move}: run ${run} stands`;
}

const start = defineCommand({
  meta: {
    name: 'start',
    description:
      'begin a run for every move, whose bucket workers cut among themselves; one that is open or complete is left ' +
      'as it is. Example: migrate sync start --inventory s3://reports/photos/2026-01-01T00-00Z/manifest.json',
  },
  args: {
    ...storesArguments,
    ...limitArgument,
    again: { type: 'boolean', default: false, description: 'begin another run where the last is complete' },
    inventory: {
      type: 'string',
      valueHint: 's3://BUCKET/…/manifest.json',
      description:
        'the manifest of an S3 Inventory (CSV or Parquet) of the source, whose keys say where shards begin; ' +
        'default: none, and nothing is listed ahead of the copy',
    },
  },
  async run({ args }) {
    await withLedger(args, { toWrite: true }, async (environment, ledger) => {
      if (args.limit !== undefined) await setLimits(ledger, args.limit);
      const runs = await startSyncRuns(environment, ledger, {
        again: args.again,
        ...(args.inventory !== undefined && { inventory: args.inventory }),
      });
      process.stdout.write(runs.map((run) => `${describeStart(run)}\n`).join(''));
    });
  },
});

const worker = defineCommand({
  meta: {
    name: 'worker',
    description:
      'work on shards until none is left open; as many workers as wanted may run side by side. ' +
      'Exit code 143: told to stop before that. ' +
      'Example: migrate sync worker --environment environment.json',
  },
  args: { ...storesArguments, ...shardArgument },
  async run({ args }) {
    keepHeapSmall();
    const preference = shardPreference(args.shard, process.env);
    await withLedger(args, { toWrite: true }, async (environment, ledger) => {
      const end = await runWorker(environment, ledger, stopSignal(), { preference });
      sayEnd(end);
      if (end === 'asked') process.exitCode = UNFINISHED;
    });
    await outliveStart();
  },
});

const limit = defineCommand({
  meta: {
    name: 'limit',
    description:
      'say how fast sync may go from now on; workers that run hear of it within seconds. ' +
      'Example: migrate sync limit 50MB/s@08:00-20:00,1000req/s --environment environment.json',
  },
  args: {
    ...storesArguments,
    limits: { type: 'positional', required: true, valueHint: 'LIMITS', description: 'as --limit of sync' },
  },
  async run({ args }) {
    await withLedger(args, { toWrite: true }, async (_, ledger) => setLimits(ledger, args.limits));
  },
});

const status = defineCommand({
  meta: {
    name: 'status',
    description: 'show how far the newest run of every move is. Example: migrate sync status --json',
  },
  args: {
    ...storesArguments,
    json: { type: 'boolean', default: false, description: 'a JSON line a move' },
  },
  async run({ args }) {
    await withLedger(args, { toWrite: false }, async (environment, ledger) => {
      const all = await readProgress(environment, ledger);
      process.stdout.write(
        all.map((each) => `${args.json ? progressJson(each) : describeProgress(each)}\n`).join(''),
      );
    });
  },
});

const run = defineCommand({
  meta: {
    name: 'run',
    description:
      'begin a run, or go on with the open one, and do all of it in this process. ' +
      'Example: migrate sync --source s3://photos --source-profile old --target s3://photos --target-profile new --dry-run',
  },
  args: runArguments,
  async run({ args }) {
    keepHeapSmall();
    const asJson = args.json || !process.stdout.isTTY;
    const atOnce =
      args.concurrency === undefined
        ? undefined
        : wholeNumber(args.concurrency, 'concurrency', { from: 1, to: MOST_AT_ONCE });
    if (args['dry-run']) {
      const environment = await environmentOf(args);
      await assertStores(environment);
      await orUnreachable('what would be done is not known', () =>
        showDryRun(environment, { json: args.json }),
      );
      return;
    }
    await withLedger(args, { toWrite: true }, async (given, ledger) => {
      const environment = atOnce === undefined ? given : { ...given, sync: shared(given.sync, atOnce) };
      if (args.limit !== undefined) await setLimits(ledger, args.limit);
      await startSyncRuns(environment, ledger, { again: true });
      const ends = await showing(environment, ledger, asJson, (stop) =>
        runWorkers(environment, ledger, stop),
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
  },
});

/** So many objects at once in all, over workers that go through shards of their own. */
function shared(sync: Environment['sync'], atOnce: number): Environment['sync'] {
  const workers = Math.min(sync.workers, atOnce);
  return { ...sync, workers, concurrency: Math.ceil(atOnce / workers) };
}

/** The first worker that fails stops the others; its error is thrown when all have ended. */
async function runWorkers(environment: Environment, ledger: Pool, stop: AbortSignal): Promise<WorkerEnd[]> {
  const trouble = new AbortController();
  const either = AbortSignal.any([stop, trouble.signal]);
  const results = await Promise.allSettled(
    Array.from({ length: environment.sync.workers }, async () => {
      try {
        return await runWorker(environment, ledger, either);
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
  json: boolean,
  work: (stop: AbortSignal) => Promise<WorkerEnd[]>,
): Promise<WorkerEnd[]> {
  const display = progressDisplay(process.stdout, { json });
  const ended = new AbortController();
  const show = async (): Promise<void> => {
    for (;;) {
      display.update(await readProgress(environment, ledger));
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
    await shown.catch((error: unknown) => log.warn(error));
    display.stop();
  }
}

function sayEnd(end: WorkerEnd): void {
  const reasons = {
    done: 'no shard is left open',
    superseded: 'applications write to Ceph by now, or the move has turned: there is nothing to sync',
    asked: 'asked to stop; the next worker goes on from the checkpoint',
  };
  log.info(`sync worker ended: ${reasons[end]}`);
}

export default defineCommand({
  meta: {
    name: 'sync',
    description:
      'The bulk copy: makes every target bucket equal to its source, as often as it is run. Alone it begins a run ' +
      'and does all of it here. Example: migrate sync --source s3://photos --source-profile old --target s3://photos --target-profile new --dry-run',
  },
  args: runArguments,
  default: 'run',
  subCommands: { run, start, worker, limit, status },
});
