import { setTimeout as sleep } from 'node:timers/promises';
import { defineCommand } from 'citty';
import { environmentArgument, environmentOf, outliveStart, stopSignal } from '../command-line.ts';
import type { Environment } from '../environment.ts';
import { UserError } from '../errors.ts';
import { assertReachable, openLedger, type Pool } from '../ledger/connect.ts';
import { listFailures } from '../ledger/failures.ts';
import { log } from '../log.ts';
import { keepHeapSmall } from '../memory.ts';
import { StoreError } from '../store/errors.ts';
import { describeProgress, progressDisplay, progressJson, readProgress } from './progress.ts';
import { startSyncRuns, type StartedRun } from './start.ts';
import { runWorker, type WorkerEnd } from './worker.ts';

const SHOW_EVERY_MS = 500;

/**
 * A worker that was told to stop has not done its work: 0 would make a Kubernetes Job take the index of a
 * pod that was evicted for complete. 128 + SIGTERM, as of a process that the signal ended.
 */
const UNFINISHED = 143;

async function withLedger<T>(
  args: { environment?: string | undefined },
  work: (environment: Environment, ledger: Pool) => Promise<T>,
): Promise<T> {
  const environment = await environmentOf(args);
  const ledger = openLedger(environment.ledger, {
    max: 4 + environment.sync.workers,
    application: `migrate sync (pid ${process.pid})`,
  });
  try {
    await assertReachable(ledger);
    return await work(environment, ledger);
  } catch (error) {
    if (error instanceof StoreError) {
      throw new UserError(`A store could not be asked: ${error.message}`, { exitCode: 3, cause: error });
    }
    throw error;
  } finally {
    await ledger.end();
  }
}

function describeStart({ move, run, begun }: StartedRun): string {
  return begun ? `${move}: run ${run} begun` : `${move}: run ${run} stands`;
}

const start = defineCommand({
  meta: {
    description:
      'cut the keys of every move into shards that workers take; a run that is open or complete is left as it is. ' +
      'Example: migrate sync start --environment environment.json',
  },
  args: {
    ...environmentArgument,
    again: { type: 'boolean', default: false, description: 'begin another run where the last is complete' },
  },
  async run({ args }) {
    await withLedger(args, async (environment, ledger) => {
      const runs = await startSyncRuns(environment, ledger, { again: args.again });
      process.stdout.write(runs.map((run) => `${describeStart(run)}\n`).join(''));
    });
  },
});

const worker = defineCommand({
  meta: {
    description:
      'work on shards until none is left open; as many workers as wanted may run side by side. ' +
      'Exit code 143: told to stop before that. ' +
      'Example: migrate sync worker --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    keepHeapSmall();
    await withLedger(args, async (environment, ledger) => {
      const end = await runWorker(environment, ledger, stopSignal());
      sayEnd(end);
      if (end === 'asked') process.exitCode = UNFINISHED;
    });
    await outliveStart();
  },
});

const status = defineCommand({
  meta: {
    description: 'show how far the newest run of every move is. Example: migrate sync status --json',
  },
  args: {
    ...environmentArgument,
    json: { type: 'boolean', default: false, description: 'a JSON line a move' },
  },
  async run({ args }) {
    await withLedger(args, async (environment, ledger) => {
      const all = await readProgress(environment, ledger);
      process.stdout.write(
        all.map((each) => `${args.json ? progressJson(each) : describeProgress(each)}\n`).join(''),
      );
    });
  },
});

const run = defineCommand({
  meta: {
    description:
      'begin a run, or go on with the open one, and do all of it in this process. Example: migrate sync --environment environment.json',
  },
  args: environmentArgument,
  async run({ args }) {
    keepHeapSmall();
    await withLedger(args, async (environment, ledger) => {
      await startSyncRuns(environment, ledger, { again: true });
      const ends = await showing(environment, ledger, (stop) => runWorkers(environment, ledger, stop));
      ends.forEach(sayEnd);
      const failed = (await listFailures(ledger)).filter(({ stage }) => stage === 'sync');
      if (failed.length > 0) {
        const lines = failed.slice(0, 20).map(({ move, key, reason }) => `  ${move}/${key}: ${reason}`);
        throw new UserError(`${failed.length} keys could not be copied:\n${lines.join('\n')}`, {
          exitCode: 1,
        });
      }
    });
  },
});

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
  work: (stop: AbortSignal) => Promise<WorkerEnd[]>,
): Promise<WorkerEnd[]> {
  const display = progressDisplay(process.stdout);
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
      'the bulk copy: makes every target bucket equal to its source, as often as it is run. Alone it begins a run ' +
      'and does all of it here. Example: migrate sync --environment environment.json',
  },
  args: environmentArgument,
  default: 'run',
  subCommands: { run, start, worker, status },
});
