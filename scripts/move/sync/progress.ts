import { SingleBar } from 'cli-progress';
import type { Environment } from '../../contract/environment.ts';
import type { Database } from '../../ledger/database.ts';
import { syncProgress, type SyncProgress } from '../../ledger/shards.ts';

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

/** What only a process knows that works on it. */
export type Momentary = {
  objectsPerSecond: number;
  bytesPerSecond: number;
  /** Until about all is done; null while that cannot be told. */
  secondsLeft: number | null;
  /** Objects in flight at once, as far as the stores let. */
  atOnce: number;
};

/** One line for machines. Bytes and counts are numbers, the run's number a string. */
export function progressJson(progress: MoveProgress, momentary?: Momentary): string {
  const { run, startedAt, endedAt, ...rest } = progress;
  const text = { run: run === null ? null : String(run), startedAt, endedAt };
  return JSON.stringify({ type: 'progress', ...rest, ...text, ...momentary });
}

/** Shows how sync gets on, until it is stopped. */
export type ProgressDisplay = { update(all: MoveProgress[]): void; stop(): void };

/**
 * A bar over all moves on a terminal; elsewhere a JSON line a move, whenever something has changed.
 *
 * @param atOnce how many objects may be in flight at once now
 */
export function progressDisplay(
  output: Pick<NodeJS.WriteStream, 'write'>,
  options: { json: boolean; atOnce: () => number },
): ProgressDisplay {
  return options.json
    ? lineDisplay(output, options.atOnce)
    : barDisplay(output as NodeJS.WriteStream, options.atOnce);
}

type Total = { objects: number; expected: number; bytes: number; copiedBytes: number; failed: number };

function totalOf(all: MoveProgress[]): Total {
  const sum = (pick: (progress: MoveProgress) => number) =>
    all.reduce((total, each) => total + pick(each), 0);
  const objects = sum((each) => each.objects);
  return {
    objects,
    // Clients write meanwhile, so there may be more than were counted.
    expected: Math.max(
      1,
      objects,
      sum((each) => each.objectsExpected),
    ),
    bytes: sum((each) => each.bytes),
    copiedBytes: sum((each) => each.copiedBytes),
    failed: sum((each) => each.failed),
  };
}

/** How fast it went since it was first looked at: what an earlier process did says nothing about this one. */
export class Speed {
  #first: { at: number; total: Total } | undefined;

  /** @param at monotonic milliseconds */
  read(total: Total, at: number): { bytesPerSecond: number; objectsPerSecond: number; leftSeconds: number } {
    this.#first ??= { at, total };
    const seconds = (at - this.#first.at) / 1000;
    const per = (done: number) => (seconds > 0 ? done / seconds : 0);
    const objectsPerSecond = per(total.objects - this.#first.total.objects);
    return {
      bytesPerSecond: per(total.copiedBytes - this.#first.total.copiedBytes),
      objectsPerSecond,
      leftSeconds: (total.expected - total.objects) / objectsPerSecond,
    };
  }
}

function barDisplay(output: NodeJS.WriteStream, atOnce: () => number): ProgressDisplay {
  const bar = new SingleBar({
    format:
      'sync {bar} {percentage}% · {value}/{total} objects · {objectRate}/s · {size} copied · {rate}/s · {atOnce} at once · {left} left · {failed} failed',
    stream: output,
    hideCursor: true,
    barsize: 24,
  });
  const pace = new Speed();
  let started = false;
  return {
    update(all) {
      const total = totalOf(all);
      const { bytesPerSecond, objectsPerSecond, leftSeconds } = pace.read(total, performance.now());
      const payload = {
        objectRate: objectsPerSecond.toFixed(0),
        size: megabytes(total.copiedBytes),
        rate: megabytes(bytesPerSecond),
        atOnce: atOnce(),
        left: describeSeconds(leftSeconds),
        failed: total.failed,
      };
      if (!started) {
        bar.start(total.expected, total.objects, payload);
        started = true;
      }
      bar.setTotal(total.expected);
      bar.update(total.objects, payload);
    },
    stop: () => bar.stop(),
  };
}

function lineDisplay(output: Pick<NodeJS.WriteStream, 'write'>, atOnce: () => number): ProgressDisplay {
  const shown = new Map<string, { text: string; pace: Speed }>();
  return {
    update(all) {
      for (const progress of all) {
        // Rates change at every look; what was done, or may be done at once, is what is news.
        const text = `${progressJson(progress)} ${atOnce()}`;
        const before = shown.get(progress.move);
        const pace = before?.pace ?? new Speed();
        const { bytesPerSecond, objectsPerSecond, leftSeconds } = pace.read(
          totalOf([progress]),
          performance.now(),
        );
        if (before?.text === text) continue;
        shown.set(progress.move, { text, pace });
        const momentary = {
          objectsPerSecond: rounded(objectsPerSecond),
          bytesPerSecond: Math.round(bytesPerSecond),
          secondsLeft: Number.isFinite(leftSeconds) ? rounded(leftSeconds) : null,
          atOnce: atOnce(),
        };
        output.write(`${progressJson(progress, momentary)}\n`);
      }
    },
    stop: () => undefined,
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** `1 h 5 min`, `12 s`; `?` while it cannot be told. */
export function describeSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
