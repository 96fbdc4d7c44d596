import { transaction } from './connect.ts';
import type { Pool, PoolClient } from './database.ts';
import type { Failure, FailureStage } from './failures.ts';
import { openHold } from './holds.ts';
import { readMove } from './move.ts';

/** Which keys of the failed list are meant: all that fit everything that is given. */
export type FailureSelection = {
  /** Default: those of all moves. */
  moves?: readonly string[] | undefined;
  key?: string | undefined;
  stage?: FailureStage | undefined;
};

export type Retried = {
  /** As they were before: with their attempts. */
  retried: Failure[];
  /** Keys of sync while S3 is no authority: nothing was changed about them. */
  left: Failure[];
  /** Shards of sync that are open again; workers try the failed keys in them and list nothing again. */
  reopenedShards: number;
};

const COLUMNS = `move, key, stage, reason, attempts, first_at AS "firstAt", last_at AS "lastAt"`;

/** The failed keys that are meant, in order. */
export async function selectFailures(
  db: Pick<Pool, 'query'>,
  selection: FailureSelection,
): Promise<Failure[]> {
  const { moves, key, stage } = selection;
  const { rows } = await db.query<Failure>(
    `SELECT ${COLUMNS} FROM failed_key
     WHERE ($1::text[] IS NULL OR move = ANY ($1)) AND ($2::text IS NULL OR key = $2) AND ($3::text IS NULL OR stage = $3)
     ORDER BY move, key, stage`,
    [moves ?? null, key ?? null, stage ?? null],
  );
  return rows;
}

/**
 * Puts failed keys back: as if they had never been tried, and due now. They stay on the list until an attempt
 * succeeds, so that no gate takes them for done. Keys of sync are tried by workers, for whom the shards that
 * they lie in are open again; not once applications write to Ceph or a hold is under way, because S3 is then
 * no authority.
 *
 * Doing it twice changes nothing more.
 */
export function retryFailures(
  ledger: Pool,
  selection: FailureSelection,
  options: { dryRun: boolean },
): Promise<Retried> {
  return transaction(ledger, async (client) => {
    const mayCopy = (await readMove(client)).writesGoTo === 'source' && (await openHold(client)) === null;
    // The end of a run and its opening one after the other, or a key would stay in a run that is done.
    await client.query(`SELECT 1 FROM sync_run ORDER BY run FOR UPDATE`);
    const selected = await selectFailures(client, selection);
    const [retried, left] = [selected.filter(allowed), selected.filter((failure) => !allowed(failure))];
    if (options.dryRun) return { retried, left, reopenedShards: 0 };
    await putBack(client, retried);
    return { retried, left, reopenedShards: await reopenShards(client) };

    function allowed({ stage }: Failure): boolean {
      return stage !== 'sync' || mayCopy;
    }
  });
}

async function putBack(client: PoolClient, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  await client.query(
    `UPDATE failed_key f SET attempts = 0, next_at = clock_timestamp()
     FROM unnest($1::text[], $2::text[], $3::text[]) AS o (move, key, stage)
     WHERE f.move = o.move AND f.key = o.key AND f.stage = o.stage`,
    [failures.map(({ move }) => move), failures.map(({ key }) => key), failures.map(({ stage }) => stage)],
  );
  await client.query(`SELECT pg_notify('operation', '')`);
}

/** Opens the shards of the newest runs in which a key waits that was put back. @returns how many */
async function reopenShards(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ run: bigint }>(
    `UPDATE shard s SET state = 'open', owner = NULL, lease_until = NULL, failed = 0
     WHERE s.state = 'done' AND s.run = (SELECT max(run) FROM sync_run WHERE move = s.move)
       AND EXISTS (SELECT 1 FROM failed_key f
                   WHERE f.move = s.move AND f.stage = 'sync' AND f.attempts = 0
                     AND f.key > s.after_key AND (s.until_key IS NULL OR f.key <= s.until_key))
     RETURNING s.run`,
  );
  if (rows.length === 0) return 0;
  await client.query(
    `UPDATE sync_run SET state = 'copying', ended_at = NULL WHERE state = 'done' AND run = ANY ($1::bigint[])`,
    [[...new Set(rows.map(({ run }) => String(run)))]],
  );
  return rows.length;
}
