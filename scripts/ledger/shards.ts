import { LeaseLost } from './claims.ts';
import { onlyRow, type Database } from './connect.ts';

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
 * Begins a run, which is to be split yet: the shards of an older one go, their work is looked at again.
 */
export async function startSyncRun(db: Database, move: string): Promise<bigint> {
  await db.query('DELETE FROM shard WHERE move = $1', [move]);
  const { rows } = await db.query<{ run: bigint }>('INSERT INTO sync_run (move) VALUES ($1) RETURNING run', [
    move,
  ]);
  return onlyRow(rows).run;
}

/** How far a run has been split. `after`: the next shard begins after this key; null where it is split. */
export async function splitPoint(db: Database, run: bigint): Promise<{ after: string } | null> {
  const { rows } = await db.query<{ after: string }>(
    `SELECT coalesce((SELECT until_key FROM shard WHERE run = $1 ORDER BY number DESC LIMIT 1), '') AS after
     FROM sync_run WHERE run = $1 AND state = 'splitting'`,
    [run],
  );
  return rows[0] ?? null;
}

/**
 * Adds the next shard of a run that is being split; workers may take it at once. With the last one, which
 * has no end, the run is split.
 */
export async function addShard(
  db: Database,
  run: bigint,
  move: string,
  cut: { after: string; until: string | null; objects: number; bytes: number },
): Promise<void> {
  await db.query(
    `WITH split AS (
       UPDATE sync_run
       SET state = CASE WHEN $4::text IS NULL THEN 'copying' ELSE state END,
         objects_expected = coalesce(objects_expected, 0) + $5, bytes_expected = coalesce(bytes_expected, 0) + $6
       WHERE run = $1 AND state = 'splitting' RETURNING run)
     INSERT INTO shard (move, run, number, after_key, until_key, checkpoint)
     SELECT $2, $1, (SELECT coalesce(max(number), 0) + 1 FROM shard WHERE run = $1), $3, $4, $3 FROM split`,
    [run, move, cut.after, cut.until, cut.objects, cut.bytes],
  );
}

/** Takes an open shard that nobody owns, or whose owner's lease ran out. Null where there is none. */
export async function takeShard(
  db: Database,
  options: { move: string; owner: string; leaseSeconds: number },
): Promise<Shard | null> {
  const { rows } = await db.query<Omit<Shard, 'leaseSeconds'>>(
    `UPDATE shard SET owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = (SELECT id FROM shard
                 WHERE move = $1 AND state = 'open' AND (lease_until IS NULL OR lease_until < clock_timestamp())
                 ORDER BY number FOR UPDATE SKIP LOCKED LIMIT 1)
     RETURNING id, move, run, number, after_key AS after, until_key AS until, checkpoint, owner`,
    [options.move, options.owner, options.leaseSeconds],
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

/** Gives a shard back, so that another worker need not wait for its lease to run out. */
export async function releaseShard(db: Database, shard: Shard): Promise<void> {
  await db.query('UPDATE shard SET owner = NULL, lease_until = NULL WHERE id = $1 AND owner = $2', [
    shard.id,
    shard.owner,
  ]);
}

/** Marks a shard done; the run is done with its last shard. Throws LeaseLost. */
export async function finishShard(db: Database, shard: Shard): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE shard SET state = 'done', lease_until = NULL WHERE id = $1 AND owner = $2 AND state = 'open'`,
    [shard.id, shard.owner],
  );
  if (rowCount !== 1) throw new LeaseLost(`shard ${shard.number} of ${shard.move}`);
  await db.query(
    `UPDATE sync_run SET state = 'done', ended_at = clock_timestamp()
     WHERE run = $1 AND state = 'copying' AND NOT EXISTS (SELECT 1 FROM shard WHERE run = $1 AND state = 'open')`,
    [shard.run],
  );
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
