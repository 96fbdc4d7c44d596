import { Option, type Command } from '@commander-js/extra-typings';
import { outliveStart, stopSignal } from '../../platform/process.ts';
import { example, ON_TWO_STORES } from '../example.ts';
import { keepHeapSmall } from '../memory.ts';
import { seconds, wholeNumber, withStores } from '../options.ts';
import { setLimits } from '../../move/sync/limits.ts';
import { shardPreference } from '../../move/sync/preference.ts';
import { describeProgress, progressJson, readProgress } from '../../move/sync/progress.ts';
import { run } from '../sync/run.ts';
import { startSyncRuns, type StartedRun } from '../../move/sync/start.ts';
import { sayEnd, UNFINISHED, withSyncLedger } from '../sync/with-ledger.ts';
import { runWorker } from '../../move/sync/worker.ts';

const limitOption = () =>
  new Option(
    '--limit <LIMITS>',
    'how fast all workers together may go, with windows of the day in UTC, for example ' +
      '"50MB/s@08:00-20:00,1000req/s"; "none" for no limit; default: as it was set before',
  );

const backoffOption = () =>
  new Option(
    '--backoff <SECONDS>',
    'how long to wait in all, in longer and longer pauses, for a store that gives trouble; ' +
      'then it stops where it was, with exit code 3; default: 60',
  ).argParser(seconds({ from: 0, to: 86_400 }));
/** The name that `--backoff` had before. */
const formerBackoffOption = () =>
  new Option('--patience <SECONDS>').argParser(seconds({ from: 0, to: 86_400 })).hideHelp();

const versionsOption = () =>
  new Option(
    '--versions',
    'carry every version of each key, oldest first, delete markers as deletions; the target bucket must be ' +
      'versioned. A run that is open goes on as it was begun. Default: the latest versions alone',
  );

const deleteOption = () =>
  new Option(
    '--delete-at-most <N>',
    'how many objects the run may delete at the target that no event names as removed from the source; ' +
      'default: a tenth of what the source holds, or 100, and never more than it holds',
  ).argParser(wholeNumber({ from: 0, to: Number.MAX_SAFE_INTEGER }));

/** A whole run in this process: `sync`, and `sync run`. */
function addRun(command: Command): Command {
  withStores(command)
    .addOption(limitOption())
    .addOption(backoffOption())
    .addOption(formerBackoffOption())
    .addOption(versionsOption())
    .addOption(deleteOption())
    .option(
      '--dry-run',
      'say what would be copied and deleted, with counts and bytes; write nothing anywhere',
    )
    .option(
      '--concurrency <N>',
      'objects in flight at once, of this process; default: what the environment says, else 32',
      wholeNumber({ from: 1, to: 1024 }),
    )
    .option(
      '--json',
      'progress as JSON lines and a summary at the end; so it is anyway where the output is no terminal',
    )
    .addHelpText('after', example('migrate sync --dry-run', ...ON_TWO_STORES))
    .action(run);
  return command;
}

export default function sync(command: Command): void {
  addRun(command)
    .description(
      'The bulk copy: makes every target bucket equal to its source, as often as it is run. Alone it begins a run and does all of it here.',
    )
    .allowExcessArguments();

  addRun(command.command('run')).description(
    'Begins a run, or goes on with the open one, and does all of it in this process.',
  );

  withStores(command.command('start'))
    .description(
      'Begins a run for every move, whose bucket workers cut among themselves; one that is open or complete is left as it is.',
    )
    .addOption(limitOption())
    .addOption(versionsOption())
    .addOption(deleteOption())
    .option('--again', 'begin another run where the last is complete')
    .option(
      '--inventory <MANIFEST>',
      'the manifest (s3://BUCKET/…/manifest.json) of an S3 Inventory (CSV or Parquet) of the source, whose keys say ' +
        'where shards begin; default: none, and nothing is listed ahead of the copy',
    )
    .addHelpText(
      'after',
      example('migrate sync start', '--inventory s3://reports/photos/2026-01-01T00-00Z/manifest.json'),
    )
    .action(async ({ limit, versions = false, again = false, inventory, deleteAtMost, ...stores }) => {
      await withSyncLedger(stores, { toWrite: true }, async (environment, ledger) => {
        if (limit !== undefined) await setLimits(ledger, limit);
        const runs = await startSyncRuns(environment, ledger, {
          again,
          versions,
          deleteAtMost,
          ...(inventory !== undefined && { inventory }),
        });
        process.stdout.write(runs.map((run) => `${describeStart(run)}\n`).join(''));
      });
    });

  withStores(command.command('worker'))
    .description(
      'Works on shards until none is left open; as many workers as wanted may run side by side. Exit code 143: told to stop before that.',
    )
    .option(
      '--shard <i/n>',
      'of n workers this is number i, from 0: it takes its own shards first, then helps the others; ' +
        'default: JOB_COMPLETION_INDEX of MIGRATE_WORKERS, where these variables are set',
    )
    .addOption(backoffOption())
    .addOption(formerBackoffOption())
    .addHelpText('after', example('migrate sync worker --environment environment.json'))
    .action(async ({ shard, ...options }) => {
      keepHeapSmall();
      const preference = shardPreference(shard, process.env);
      await withSyncLedger(options, { toWrite: true }, async (environment, ledger) => {
        const end = await runWorker(environment, ledger, stopSignal(), { preference });
        sayEnd(end);
        if (end === 'asked') process.exitCode = UNFINISHED;
      });
      await outliveStart();
    });

  withStores(command.command('limit'))
    .description('Says how fast sync may go from now on; workers that run hear of it within seconds.')
    .argument('<LIMITS>', 'as --limit of sync')
    .addHelpText(
      'after',
      example('migrate sync limit 50MB/s@08:00-20:00,1000req/s', '--environment environment.json'),
    )
    .action(async (limits, stores) => {
      await withSyncLedger(stores, { toWrite: true }, async (_, ledger) => setLimits(ledger, limits));
    });

  withStores(command.command('status'))
    .description('Shows how far the newest run of every move is.')
    .option('--json', 'a JSON line a move')
    .addHelpText('after', example('migrate sync status --json'))
    .action(async ({ json = false, ...stores }) => {
      await withSyncLedger(stores, { toWrite: false }, async (environment, ledger) => {
        const all = await readProgress(environment, ledger);
        process.stdout.write(
          all.map((each) => `${json ? progressJson(each) : describeProgress(each)}\n`).join(''),
        );
      });
    });
}

function describeStart({ move, run, begun }: StartedRun): string {
  return begun ? `${move}: run ${run} begun` : `${move}: run ${run} stands`;
}
