import { SingleBar } from 'cli-progress';
import type { Environment } from '../environment.ts';
import type { Database } from '../ledger/connect.ts';
import { syncProgress, type SyncProgress } from '../ledger/shards.ts';

export type MoveProgress = SyncProgress & { move: string };

/** How far the newest run of each move is. */
export async function readProgress(environment: Environment, ledger: Database): Promise<MoveProgress[]> {
  return Promise.all(
    environment.moves.map(async ({ name }) => ({ move: name, ...(await syncProgress(ledger, name)) })),
  );
}

/** One line for people. */
export function describeProgress(progress: MoveProgress): string {
  const { move, state, done, shards, objects, objectsExpected, copied, copiedBytes, deleted, failed } =
    progress;
  if (state === 'none') {
    return `${move}: no run of sync was begun`;
  }
  return (
    `${move}: ${state}, ${done} of ${shards} shards, ${objects} of about ${objectsExpected} objects looked at, ` +
    `${copied} copied (${megabytes(copiedBytes)}), ${deleted} deleted, ${failed} failed`
  );
}

/** One line for machines. Bytes and counts are numbers, the run's number a string. */
export function progressJson(progress: MoveProgress): string {
  const { run, startedAt, endedAt, ...rest } = progress;
  return JSON.stringify({ ...rest, run: run === null ? null : String(run), startedAt, endedAt });
}

/** Shows how sync gets on, until it is stopped. */
export type ProgressDisplay = { update(all: MoveProgress[]): void; stop(): void };

/** A bar over all moves on a terminal; elsewhere a JSON line a move, whenever something has changed. */
export function progressDisplay(output: NodeJS.WriteStream): ProgressDisplay {
  return output.isTTY ? barDisplay(output) : lineDisplay(output);
}

function barDisplay(output: NodeJS.WriteStream): ProgressDisplay {
  const bar = new SingleBar({
    format:
      'sync {bar} {percentage}% · {objects} objects · {size} copied · {failed} failed · {duration_formatted}',
    stream: output,
    hideCursor: true,
    barsize: 30,
  });
  let started = false;
  return {
    update(all) {
      const sum = (pick: (progress: MoveProgress) => number) =>
        all.reduce((total, each) => total + pick(each), 0);
      const seen = sum((each) => each.objects);
      const payload = {
        objects: seen,
        size: megabytes(sum((each) => each.copiedBytes)),
        failed: sum((each) => each.failed),
      };
      // Clients write meanwhile, so there may be more than were counted.
      const total = Math.max(
        1,
        seen,
        sum((each) => each.objectsExpected),
      );
      if (!started) {
        bar.start(total, seen, payload);
        started = true;
      }
      bar.setTotal(total);
      bar.update(seen, payload);
    },
    stop: () => bar.stop(),
  };
}

function lineDisplay(output: NodeJS.WriteStream): ProgressDisplay {
  const shown = new Map<string, string>();
  return {
    update(all) {
      for (const progress of all) {
        const line = progressJson(progress);
        if (shown.get(progress.move) !== line) {
          output.write(`${line}\n`);
          shown.set(progress.move, line);
        }
      }
    },
    stop: () => undefined,
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
