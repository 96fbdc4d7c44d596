import type { Environment, Move } from '../environment.ts';
import { RESERVED_PREFIX } from '../environment.ts';
import { UserError } from '../errors.ts';
import { onlyRow, transaction, type Database, type Pool } from '../ledger/connect.ts';
import { takeLock } from '../ledger/locks.ts';
import { readMove } from '../ledger/move.ts';
import { addShard, splitPoint, startSyncRun, syncProgress } from '../ledger/shards.ts';
import { StoreClient } from '../store/client.ts';
import type { ListedObject } from '../store/object.ts';
import { cutKeys } from './split.ts';

export type StartedRun = { move: string; run: bigint; begun: boolean };

/** Any constant serves: it keeps two starts from beginning a run each. */
const START_LOCK = 7_203_300;

type StartOptions = {
  /** Begin another where the last is complete. An open one always stands. Default: no. */
  again?: boolean;
};

/**
 * Begins a run of sync for every move and cuts the source's keys into shards that workers take. A run that
 * is open, or that was completed since the applications last turned, is left as it is; one that was begun
 * and not cut is cut now.
 *
 * @throws UserError when applications write to Ceph: from then on S3's state is no authority
 */
export async function startSyncRuns(
  environment: Environment,
  ledger: Pool,
  options: StartOptions = {},
): Promise<StartedRun[]> {
  const runs = await beginSyncRuns(environment, ledger, options);
  await splitSyncRuns(environment, ledger, { wait: true });
  return runs;
}

/**
 * Begins the runs and no more, which takes no time: a worker cuts them. Listing a bucket of hundreds of
 * millions of keys takes hours.
 *
 * @throws UserError as `startSyncRuns`
 */
export async function beginSyncRuns(
  environment: Environment,
  ledger: Pool,
  options: StartOptions = {},
): Promise<StartedRun[]> {
  if ((await readMove(ledger)).writesGoTo !== 'source') {
    throw new UserError(
      'Applications write to Ceph now: sync would undo their writes. Nothing was started. ' +
        'Compare with: migrate verify',
      { exitCode: 1 },
    );
  }
  const runs: StartedRun[] = [];
  for (const { name } of environment.moves) {
    runs.push(
      await transaction(ledger, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [START_LOCK]);
        const standing = await standingRun(client, name, options.again ?? false);
        const run = standing ?? (await startSyncRun(client, name));
        return { move: name, run, begun: standing === null };
      }),
    );
  }
  return runs;
}

/**
 * Cuts the runs that are begun and not cut, one process at a time: the others would list the same.
 *
 * @param options.wait whether to wait where another process is at it
 * @returns false where another process is at it
 */
export async function splitSyncRuns(
  environment: Environment,
  ledger: Pool,
  options: { wait: boolean },
): Promise<boolean> {
  const all = await Promise.all(environment.moves.map(({ name }) => syncProgress(ledger, name)));
  if (all.every(({ state }) => state !== 'splitting')) return true;
  const lock = await takeLock(ledger, 'split', options);
  if (lock === null) return false;
  try {
    for (const move of environment.moves) await split(environment, ledger, move, () => lock.assertHeld());
    return true;
  } finally {
    lock.release();
  }
}

/** Goes on where a process that was killed had come to. */
async function split(
  environment: Environment,
  ledger: Pool,
  move: Move,
  assertAlone: () => void,
): Promise<void> {
  const { run } = await syncProgress(ledger, move.name);
  const point = run === null ? null : await splitPoint(ledger, run);
  if (run === null || point === null) return;
  const source = await StoreClient.open(environment.source, 'migration', {
    requestSeconds: environment.bounds.requestSeconds,
    connections: 2,
  });
  try {
    const listing = ours(source.list(move.sourceBucket, point));
    for await (const cut of cutKeys(listing, environment.sync.keysPerShard, point.after)) {
      assertAlone();
      await addShard(ledger, run, move.name, cut);
    }
  } finally {
    await source.close();
  }
}

/** The run that makes another one needless; null where there is none. */
async function standingRun(db: Database, move: string, again: boolean): Promise<bigint | null> {
  const { run, state, startedAt } = await syncProgress(db, move);
  const { rows } = await db.query<{ at: Date | null }>('SELECT max(turned_at) AS at FROM hold');
  const turnedAt = onlyRow(rows).at;
  const ofThisEpoch = startedAt !== null && (turnedAt === null || startedAt > turnedAt);
  const stands = state === 'splitting' || state === 'copying' || (state === 'done' && !again);
  return ofThisEpoch && stands ? run : null;
}

/** Without the migration's own keys. */
export async function* ours<T extends Pick<ListedObject, 'key'>>(
  listing: AsyncIterable<T>,
): AsyncGenerator<T> {
  for await (const object of listing) {
    if (!object.key.startsWith(RESERVED_PREFIX)) {
      yield object;
    }
  }
}
