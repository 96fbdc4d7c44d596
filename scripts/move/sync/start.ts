import { type Environment, type Move } from '../../contract/environment.ts';
import { RESERVED_PREFIX, MIGRATION } from '../../contract/names.ts';
import { UserError } from '../../contract/errors.ts';
import { onlyRow, transaction } from '../../ledger/connect.ts';
import { allowDeletes } from '../../ledger/deletes.ts';
import type { Database, Pool } from '../../ledger/database.ts';
import { takeLock } from '../../ledger/locks.ts';
import { readMove } from '../../ledger/move.ts';
import { carriesVersions, carryVersions } from '../../ledger/run-versions.ts';
import { runToSplit, splitRun, startSyncRun, syncProgress } from '../../ledger/shards.ts';
import { StoreClient } from '../../store/client.ts';
import type { ListedObject } from '../../store/object.ts';
import { assertTargetsVersioned } from './versioned.ts';

export type StartedRun = { move: string; run: bigint; begun: boolean };

/** Any constant serves: it keeps two starts from beginning a run each. */
const START_LOCK = 7_203_300;

export type StartOptions = {
  /** Begin another where the last is complete. An open one is always kept. Default: no. */
  again?: boolean;
  /**
   * `s3://bucket/…/manifest.json` of an S3 Inventory of the source, by whose keys the run is split. Only where
   * one bucket moves. Default: none, and workers cut the key space while they work.
   */
  inventory?: string;
  /**
   * Carry every version of each key, oldest first. The target buckets must be versioned. Not in a stack's move: from
   * its cutover on, versions at the target are what applications wrote there. Default: no.
   */
  versions?: boolean;
  /**
   * How many objects the run may delete at the target that no event names as removed, whatever the source holds. Also
   * for one that is open. Default: a tenth of what the source holds, or 100, and never more than it holds.
   */
  deleteAtMost?: number | undefined;
};

/**
 * Begins a run of sync for every move. A run that is open, or that was completed since the applications last
 * turned, is left as it is. Nothing is listed: workers take the whole bucket and cut it among themselves.
 *
 * @throws UserError when applications write to Ceph: from then on S3's state is no authority
 */
export async function startSyncRuns(
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
  const { inventory = null } = options;
  if (inventory !== null && environment.moves.length > 1) {
    throw new UserError(
      `An inventory is of one bucket, and ${environment.moves.length} buckets move here: begin without it`,
      { exitCode: 2 },
    );
  }
  const { again = false, versions = false } = options;
  if (versions) {
    assertNoStack(environment);
    await assertTargetsVersioned(environment);
  }
  const runs: StartedRun[] = [];
  for (const { name } of environment.moves) {
    runs.push(
      await transaction(ledger, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [START_LOCK]);
        const standing = await standingRun(client, name, { again, versions });
        const run = standing ?? (await startSyncRun(client, name, inventory));
        if (standing === null && versions) await carryVersions(client, run);
        if (options.deleteAtMost !== undefined) await allowDeletes(client, run, options.deleteAtMost);
        return { move: name, run, begun: standing === null };
      }),
    );
  }
  return runs;
}

/**
 * Splits the runs that were begun with an inventory and are not split, one process at a time: the others
 * would read the same.
 *
 * @returns false where another process is at it
 */
export async function splitSyncRuns(environment: Environment, ledger: Pool): Promise<boolean> {
  const open: { move: Move; run: bigint; inventory: string }[] = [];
  for (const move of environment.moves) {
    const found = await runToSplit(ledger, move.name);
    if (found !== null) open.push({ move, ...found });
  }
  if (open.length === 0) return true;
  const lock = await takeLock(ledger, 'split', { wait: false });
  if (lock === null) return false;
  const source = await StoreClient.open(environment.source, MIGRATION, {
    requestSeconds: environment.bounds.requestSeconds,
    connections: 8,
  });
  try {
    const { readInventory } = await import('./inventory.ts');
    for (const { move, run, inventory } of open) {
      const { keysPerShard } = environment.sync;
      const { cuts, ...expected } = await readInventory(source, inventory, move.sourceBucket, keysPerShard);
      lock.assertHeld();
      await splitRun(ledger, run, move.name, cuts, expected);
    }
    return true;
  } finally {
    lock.release();
    await source.close();
  }
}

/** A rollback counts versions at the target as writes that S3 does not have, and containment as what superseded it. */
function assertNoStack({ name }: Environment): void {
  if (name === 'standalone') return;
  throw new UserError(
    `--versions is for two endpoints (--source, --target): in the move of the stack "${name}" versions at the target are what ` +
      'applications wrote there since the cutover. Carry the history into a bucket of its own, for example --target s3://photos-history',
  );
}

/** The run that makes another one needless; null where there is none. */
async function standingRun(
  db: Database,
  move: string,
  wants: { again: boolean; versions: boolean },
): Promise<bigint | null> {
  const { run, state, startedAt } = await syncProgress(db, move);
  const { rows } = await db.query<{ at: Date | null }>('SELECT max(turned_at) AS at FROM hold');
  const turnedAt = onlyRow(rows).at;
  const ofThisEpoch = startedAt !== null && (turnedAt === null || startedAt > turnedAt);
  const isOpen = state === 'splitting' || state === 'copying';
  if (run === null || !ofThisEpoch || (!isOpen && (state !== 'done' || wants.again))) return null;
  if (!wants.versions || (await carriesVersions(db, run))) return run;
  if (!isOpen) return null;
  throw new UserError(
    `The run of ${move} that is not done yet was begun without --versions: let it end first, without, and then begin one with`,
    { exitCode: 1 },
  );
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
