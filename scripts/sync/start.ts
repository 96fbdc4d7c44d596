import type { Environment, Move } from '../environment.ts';
import { RESERVED_PREFIX } from '../environment.ts';
import { UserError } from '../errors.ts';
import { onlyRow, transaction, type Database, type Pool } from '../ledger/connect.ts';
import { readMove } from '../ledger/move.ts';
import { addShards, startSyncRun, syncProgress } from '../ledger/shards.ts';
import { StoreClient } from '../store/client.ts';
import type { ListedObject } from '../store/object.ts';
import { splitKeys } from './split.ts';

export type StartedRun = { move: string; run: bigint; begun: boolean };

/** Any constant serves: it keeps two starts from beginning a run each. */
const START_LOCK = 7_203_300;

/**
 * Begins a run of sync for every move: cuts the source's keys into shards that workers take. A run that
 * is open, or that was completed since the applications last turned, is left as it is.
 *
 * @param options.again begin another where the last is complete. An open one always stands
 * @throws UserError when applications write to Ceph: from then on S3's state is no authority
 */
export async function startSyncRuns(
  environment: Environment,
  ledger: Pool,
  options: { again?: boolean } = {},
): Promise<StartedRun[]> {
  if ((await readMove(ledger)).writesGoTo !== 'source') {
    throw new UserError(
      'Applications write to Ceph now: sync would undo their writes. Nothing was started. ' +
        'Compare with: migrate verify',
      { exitCode: 1 },
    );
  }
  const runs: StartedRun[] = [];
  for (const move of environment.moves) {
    runs.push(await startOne(environment, ledger, move, options.again ?? false));
  }
  return runs;
}

async function startOne(
  environment: Environment,
  ledger: Pool,
  move: Move,
  again: boolean,
): Promise<StartedRun> {
  const standing = await standingRun(ledger, move.name, again);
  if (standing !== null) {
    return { move: move.name, run: standing, begun: false };
  }
  const source = await StoreClient.open(environment.source, 'migration', {
    requestSeconds: environment.bounds.requestSeconds,
    connections: 2,
  });
  try {
    // Before the transaction: a listing may take hours, and an open transaction holds the horizon back.
    const split = await splitKeys(ours(source.list(move.sourceBucket)), environment.sync.keysPerShard);
    return await transaction(ledger, async (client) => {
      await client.query('SELECT pg_advisory_xact_lock($1)', [START_LOCK]);
      const meanwhile = await standingRun(client, move.name, again);
      if (meanwhile !== null) {
        return { move: move.name, run: meanwhile, begun: false };
      }
      const run = await startSyncRun(client, move.name);
      await addShards(client, run, move.name, split.ranges, split);
      return { move: move.name, run, begun: true };
    });
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
  const stands = state === 'copying' || (state === 'done' && !again);
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
