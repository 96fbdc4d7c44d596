import { defineCommand } from 'citty';
import { storesArguments } from '../command-line.ts';
import { outliveStart, stopSignal } from '../../platform/process.ts';
import { keepHeapSmall } from '../memory.ts';
import {
  limitArgument,
  patienceArgument,
  runArguments,
  shardArgument,
  versionsArgument,
} from '../sync/arguments.ts';
import { setLimits } from '../../move/sync/limits.ts';
import { shardPreference } from '../../move/sync/preference.ts';
import { describeProgress, progressJson, readProgress } from '../../move/sync/progress.ts';
import { run } from '../sync/run.ts';
import { startSyncRuns, type StartedRun } from '../../move/sync/start.ts';
import { sayEnd, UNFINISHED, withLedger } from '../sync/with-ledger.ts';
import { runWorker } from '../../move/sync/worker.ts';

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
    ...versionsArgument,
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
        versions: args.versions,
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
  args: { ...storesArguments, ...shardArgument, ...patienceArgument },
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
