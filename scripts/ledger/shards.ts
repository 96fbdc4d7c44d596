import { LeaseLost } from './claims.ts';
import { onlyRow, transaction } from './connect.ts';
import type { Database, Pool } from './database.ts';

/** A key range of one bucket that one worker owns while it works on it. */
export type Shard = {
  id: bigint;
  move: string;
  run: bigint;
  number: number;
  /** Exclusive; '' is the beginning. */
  after: string;
  /** Inclusive; null is the end. */
  until: string | null;
  /** Every key up to here is settled. */
  checkpoint: string;
  owner: string;
  leaseSeconds: number;
};

export type ShardDeltas = {
  checkpoint: string;
  objects: number;
  bytes: number;
  copied: number;
  copiedBytes: number;
  deleted: number;
  failed: number;
};

/**
 * Begins a run: with one shard, the whole bucket, which its owners cut while they work; with an inventory it is
 * to be split by that first. The shards of an older run go, their work is looked at again; what they counted
 * is about what this one is going to find.
 */
export async function startSyncRun(
  db: Database,
  move: string,
  inventory: string | null = null,
): Promise<bigint> {
  const { rows } = await db.query<{ run: bigint }>(
    `INSERT INTO sync_run (move, state, inventory, objects_expected, bytes_expected)
     SELECT $1, CASE WHEN $2::text IS NULL THEN 'copying' ELSE 'splitting' END, $2, sum(s.objects), sum(s.bytes)
     FROM sync_run r LEFT JOIN shard s ON s.run = r.run
     WHERE r.run = (SELECT max(run) FROM sync_run WHERE move = $1 AND state = 'done') RETURNING run`,
    [move, inventory],
  );
  const { run } = onlyRow(rows);
  await db.query('DELETE FROM shard WHERE move = $1', [move]);
  if (inventory === null) {
    await db.query(
      `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint) VALUES ($1, $2, 1, '', NULL, '')`,
      [move, run],
    );
  }
  return run;
}

/** A run that is to be split, and by which inventory; null where it is split or needs none. */
export async function runToSplit(
  db: Database,
  move: string,
): Promise<{ run: bigint; inventory: string } | null> {
  const { rows } = await db.query<{ run: bigint; inventory: string }>(
    `SELECT run, inventory FROM sync_run
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) AND state = 'splitting'`,
    [move],
  );
  return rows[0] ?? null;
}

/**
 * Splits a run at these keys, in order: a shard ends with each, and the last one has no end. Together they
 * cover every key there can be.
 */
export async function splitRun(
  pool: Pool,
  run: bigint,
  move: string,
  cuts: readonly string[],
  expected: { objects: number; bytes: number },
): Promise<void> {
  await transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE sync_run SET state = 'copying', objects_expected = $2, bytes_expected = $3
       WHERE run = $1 AND state = 'splitting'`,
      [run, expected.objects, expected.bytes],
    );
    if (rowCount !== 1) return; // another worker has done it
    await client.query(
      `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint)
       SELECT $1, $2, number, after_key, until_key, after_key
       FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS cut (after_key, until_key, number)`,
      [move, run, ['', ...cuts], [...cuts, null]],
    );
  });
}

/** Notes that a worker found nothing to take, at most once a second. */
export async function wantShard(db: Database, move: string): Promise<void> {
  await db.query(
    `UPDATE sync_run SET wanted_at = clock_timestamp()
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) AND state = 'copying'
       AND (wanted_at IS NULL OR wanted_at < clock_timestamp() - interval '1 second')`,
    [move],
  );
}

/** Whether a worker looked for a shard lately, and none is to be had. */
export async function isShardWanted(db: Database, run: bigint): Promise<boolean> {
  const { rows } = await db.query<{ wanted: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM sync_run
                    WHERE run = $1 AND wanted_at > clock_timestamp() - interval '3 seconds')
        AND NOT EXISTS (SELECT 1 FROM shard WHERE run = $1 AND state = 'open'
                        AND (lease_until IS NULL OR lease_until < clock_timestamp())) AS wanted`,
    [run],
  );
  return onlyRow(rows).wanted;
}

/**
 * Cuts a shard of ours: it ends with `at` from now on, and what follows is a new one that any worker may take.
 * Throws LeaseLost.
 */
export async function cutShard(pool: Pool, shard: Shard, at: string): Promise<void> {
  await transaction(pool, async (client) => {
    // One cut at a time: two would take the same number.
    await client.query('SELECT 1 FROM sync_run WHERE run = $1 FOR UPDATE', [shard.run]);
    const { rows } = await client.query<{ until: string | null }>(
      `SELECT until_key AS until FROM shard WHERE id = $1 AND owner = $2 AND state = 'open' FOR UPDATE`,
      [shard.id, shard.owner],
    );
    const [current] = rows;
    if (current === undefined) throw new LeaseLost(`shard ${shard.number} of ${shard.move}`);
    await client.query('UPDATE shard SET until_key = $2 WHERE id = $1', [shard.id, at]);
    await client.query(
      `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint)
       SELECT $1, $2, max(number) + 1, $3, $4, $3 FROM shard WHERE run = $2`,
      [shard.move, shard.run, at, current.until],
    );
  });
}

/** What a store said about how much there is. Kept where nothing better is known. */
export async function expectObjects(
  db: Database,
  run: bigint,
  expected: { objects: number; bytes: number },
): Promise<void> {
  await db.query(
    `UPDATE sync_run SET objects_expected = $2, bytes_expected = $3 WHERE run = $1 AND objects_expected IS NULL`,
    [run, expected.objects, expected.bytes],
  );
}

/**
 * Takes an open shard without an owner, or whose owner's lease expired. Null where there is none.
 *
 * @param options.preference of `count` workers this is number `index`, from 0: its own shards come first
 */
export async function takeShard(
  db: Database,
  options: {
    move: string;
    owner: string;
    leaseSeconds: number;
    preference?: { index: number; count: number } | undefined;
  },
): Promise<Shard | null> {
  const { index, count } = options.preference ?? { index: 0, count: 1 };
  const { rows } = await db.query<Omit<Shard, 'leaseSeconds'>>(
    `UPDATE shard SET owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = (SELECT id FROM shard
                 WHERE move = $1 AND state = 'open' AND (lease_until IS NULL OR lease_until < clock_timestamp())
                 ORDER BY (number - 1) % $4 <> $5, number FOR UPDATE SKIP LOCKED LIMIT 1)
     RETURNING id, move, run, number, after_key AS after, until_key AS until, checkpoint, owner`,
    [options.move, options.owner, options.leaseSeconds, count, index],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, leaseSeconds: options.leaseSeconds };
}

/** Adds what was done since the last checkpoint and extends the lease. Throws LeaseLost. */
export async function checkpointShard(db: Database, shard: Shard, deltas: ShardDeltas): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE shard SET checkpoint = $3, objects = objects + $4, bytes = bytes + $5, copied = copied + $6,
       copied_bytes = copied_bytes + $7, deleted = deleted + $8, failed = failed + $9,
       lease_until = clock_timestamp() + make_interval(secs => $10)
     WHERE id = $1 AND owner = $2 AND state = 'open'`,
    [
      shard.id,
      shard.owner,
      deltas.checkpoint,
      deltas.objects,
      deltas.bytes,
      deltas.copied,
      deltas.copiedBytes,
      deltas.deleted,
      deltas.failed,
      shard.leaseSeconds,
    ],
  );
  if (rowCount !== 1) throw new LeaseLost(`shard ${shard.number} of ${shard.move}`);
}

/** Extends the lease while one long object is copied. Throws LeaseLost. */
export async function renewShard(db: Database, shard: Shard): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND owner = $2 AND state = 'open'`,
    [shard.id, shard.owner, shard.leaseSeconds],
  );
  if (rowCount !== 1) throw new LeaseLost(`shard ${shard.number} of ${shard.move}`);
}

/** Gives a shard back, so that another worker need not wait for its lease to expire. */
export async function releaseShard(db: Database, shard: Shard): Promise<void> {
  await db.query('UPDATE shard SET owner = NULL, lease_until = NULL WHERE id = $1 AND owner = $2', [
    shard.id,
    shard.owner,
  ]);
}

/** Marks a shard done; the run is done with its last shard. Throws LeaseLost. */
export async function finishShard(pool: Pool, shard: Shard): Promise<void> {
  // Both at once: a worker killed in between would leave a run that has no shard to take and is never done.
  await transaction(pool, async (client) => {
    // One end at a time: of the last two each would see the other's shard open.
    await client.query('SELECT 1 FROM sync_run WHERE run = $1 FOR UPDATE', [shard.run]);
    const { rowCount } = await client.query(
      `UPDATE shard SET state = 'done', lease_until = NULL WHERE id = $1 AND owner = $2 AND state = 'open'`,
      [shard.id, shard.owner],
    );
    if (rowCount !== 1) throw new LeaseLost(`shard ${shard.number} of ${shard.move}`);
    await client.query(
      `UPDATE sync_run SET state = 'done', ended_at = clock_timestamp()
     WHERE run = $1 AND state = 'copying' AND NOT EXISTS (SELECT 1 FROM shard WHERE run = $1 AND state = 'open')`,
      [shard.run],
    );
  });
}

export type SyncProgress = {
  run: bigint | null;
  state: 'none' | 'splitting' | 'copying' | 'done';
  shards: number;
  done: number;
  objects: number;
  bytes: number;
  copied: number;
  copiedBytes: number;
  deleted: number;
  failed: number;
  objectsExpected: number;
  bytesExpected: number;
  startedAt: Date | null;
  endedAt: Date | null;
};

/** How far the newest run of one move is. */
export async function syncProgress(db: Database, move: string): Promise<SyncProgress> {
  const { rows } = await db.query<SyncProgress>(
    `SELECT r.run, r.state, r.started_at AS "startedAt", r.ended_at AS "endedAt",
       coalesce(r.objects_expected, 0)::float8 AS "objectsExpected", coalesce(r.bytes_expected, 0)::float8 AS "bytesExpected",
       count(s.id)::int AS shards, (count(s.id) FILTER (WHERE s.state = 'done'))::int AS done,
       coalesce(sum(s.objects), 0)::float8 AS objects, coalesce(sum(s.bytes), 0)::float8 AS bytes,
       coalesce(sum(s.copied), 0)::float8 AS copied, coalesce(sum(s.copied_bytes), 0)::float8 AS "copiedBytes",
       coalesce(sum(s.deleted), 0)::float8 AS deleted, coalesce(sum(s.failed), 0)::float8 AS failed
     FROM sync_run r LEFT JOIN shard s ON s.run = r.run
     WHERE r.run = (SELECT max(run) FROM sync_run WHERE move = $1) GROUP BY r.run`,
    [move],
  );
  return (
    rows[0] ?? {
      run: null,
      state: 'none',
      shards: 0,
      done: 0,
      objects: 0,
      bytes: 0,
      copied: 0,
      copiedBytes: 0,
      deleted: 0,
      failed: 0,
      objectsExpected: 0,
      bytesExpected: 0,
      startedAt: null,
      endedAt: null,
    }
  );
}
