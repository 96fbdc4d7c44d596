import type { Database } from './database.ts';

export type OperationKind = 'put' | 'delete' | 'expire' | 'canary';

/** One event of a store, normalised. */
export type NewOperation = {
  move: string;
  key: string;
  kind: OperationKind;
  eventName: string;
  eventSource: 'aws:s3' | 'ceph:s3';
  /** Comparable as text within one key. */
  sequencer?: string | undefined;
  versionId?: string | undefined;
  etag?: string | undefined;
  size?: number | undefined;
  principal?: string | undefined;
  eventTime?: Date | undefined;
};

/** What became of an operation. */
export type Outcome =
  'copied' | 'deleted' | 'equal' | 'ignored' | 'applied' | 'conflict' | 'duplicate' | 'superseded';

export type OpenOperation = {
  position: bigint;
  kind: OperationKind;
  eventName: string;
  sequencer: string | null;
  etag: string | null;
  /** When S3 did it, by its own clock; null where the event did not say. */
  eventTime: Date | null;
  receivedAt: Date;
};
export type OpenKey = { move: string; key: string };

/**
 * Appends to the log and wakes the replay workers. Durable once the transaction has committed. While S3 is emptied
 * its expiries are left out: they would be as many as the objects, and nobody acts by them.
 */
export async function appendOperations(db: Database, operations: NewOperation[]): Promise<void> {
  if (operations.length === 0) return;
  const column = <T>(pick: (operation: NewOperation) => T) => operations.map(pick);
  await db.query(
    `INSERT INTO operation (move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time, retired_at, outcome)
     SELECT move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time,
            CASE WHEN kind = 'canary' THEN clock_timestamp() END, CASE WHEN kind = 'canary' THEN 'ignored' END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::timestamptz[])
       AS o (move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time)
     WHERE kind <> 'expire' OR NOT EXISTS (SELECT 1 FROM move WHERE coalesce(entering, phase) IN ('retire', 'done'))`,
    [
      column((o) => o.move),
      column((o) => o.key),
      column((o) => o.kind),
      column((o) => o.eventName),
      column((o) => o.eventSource),
      column((o) => o.sequencer ?? null),
      column((o) => o.versionId ?? null),
      column((o) => o.etag ?? null),
      column((o) => o.size ?? null),
      column((o) => o.principal ?? null),
      column((o) => o.eventTime ?? null),
    ],
  );
  await db.query(`SELECT pg_notify('operation', '')`);
}

/** Of one key so many operations are looked through, on average, before another key is missed. */
const OPERATIONS_A_KEY = 4;

/**
 * Keys with work to do, the oldest first: not retired, not claimed, not waiting after a failure. At most
 * `limit` keys, and fewer where some have many open operations. What it costs does not grow with the backlog.
 */
export async function openKeys(db: Database, options: { limit: number }): Promise<OpenKey[]> {
  const { rows } = await db.query<OpenKey>(
    `WITH oldest AS (
       SELECT o.move, o.key, o.position
       FROM operation o
       WHERE o.retired_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.move = o.move AND c.keys @> o.key AND c.expires_at > clock_timestamp())
         AND NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.next_at > clock_timestamp())
       ORDER BY o.position LIMIT $1)
     SELECT move, key FROM oldest GROUP BY move, key ORDER BY min(position) LIMIT $2`,
    [options.limit * OPERATIONS_A_KEY, options.limit],
  );
  return rows;
}

/** All open operations of one key, in the order of their positions. */
export async function openOperations(db: Database, move: string, key: string): Promise<OpenOperation[]> {
  const { rows } = await db.query<OpenOperation>(
    `SELECT position, kind, event_name AS "eventName", sequencer, etag, event_time AS "eventTime",
       received_at AS "receivedAt"
     FROM operation WHERE move = $1 AND key = $2 AND retired_at IS NULL ORDER BY position`,
    [move, key],
  );
  return rows;
}

/**
 * Retires exactly the positions that were read: one that committed meanwhile, though its position may
 * be lower, stays open.
 */
export async function retireOperations(
  db: Database,
  move: string,
  key: string,
  positions: bigint[],
  outcome: Outcome,
): Promise<void> {
  await db.query(
    `UPDATE operation SET retired_at = clock_timestamp(), outcome = $4
     WHERE move = $1 AND key = $2 AND position = ANY($3::bigint[]) AND retired_at IS NULL`,
    [move, key, positions.map(String), outcome],
  );
}

/** A log position: every operation whose transaction is below it is committed and visible. */
export async function commitHorizon(db: Database): Promise<string> {
  const { rows } = await db.query<{ horizon: string }>(
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
  );
  return rows[0]?.horizon ?? '0';
}

/** The keys that any operation named at or above a horizon, in listing order. Canaries are left out. */
export async function touchedSince(db: Database, move: string, horizon: string): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `SELECT DISTINCT key FROM operation WHERE move = $1 AND transaction >= $2::xid8 AND kind <> 'canary' ORDER BY key`,
    [move, horizon],
  );
  return rows.map((row) => row.key);
}

/** How many keys `touchedSince` would name, without naming them: there may be millions. */
export async function countTouchedSince(db: Database, move: string, horizon: string): Promise<number> {
  const { rows } = await db.query<{ keys: number }>(
    `SELECT count(DISTINCT key)::int AS keys FROM operation
     WHERE move = $1 AND transaction >= $2::xid8 AND kind <> 'canary'`,
    [move, horizon],
  );
  return rows[0]?.keys ?? 0;
}

/** How far replay is behind: open operations, and the age of the oldest in seconds. */
export async function replayLag(db: Database): Promise<{ operations: number; seconds: number }> {
  const { rows } = await db.query<{ operations: bigint; seconds: number }>(
    `SELECT count(*) AS operations,
            coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8 AS seconds
     FROM operation WHERE retired_at IS NULL`,
  );
  return { operations: Number(rows[0]?.operations ?? 0n), seconds: rows[0]?.seconds ?? 0 };
}

/** The newest canary that came through. */
export async function lastCanary(
  db: Database,
  move: string,
): Promise<{ receivedAt: Date; etag: string | null } | null> {
  const { rows } = await db.query<{ receivedAt: Date; etag: string | null }>(
    `SELECT received_at AS "receivedAt", etag FROM operation
     WHERE move = $1 AND kind = 'canary' ORDER BY position DESC LIMIT 1`,
    [move],
  );
  return rows[0] ?? null;
}

/** Whether another operation of this key carries the same sequencer: the same event, delivered again. */
export async function isDuplicate(
  db: Database,
  move: string,
  key: string,
  sequencer: string | null,
  position: bigint,
): Promise<boolean> {
  if (sequencer === null) return false;
  const { rows } = await db.query(
    `SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND sequencer = $3 AND position < $4 LIMIT 1`,
    [move, key, sequencer, position],
  );
  return rows.length > 0;
}

/** When the log says that a client last changed the source; null: never. */
export async function lastSourceWrite(db: Database): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `SELECT max(received_at) AS at FROM operation WHERE kind NOT IN ('canary', 'expire') AND outcome IS DISTINCT FROM 'duplicate'`,
  );
  return rows[0]?.at ?? null;
}
