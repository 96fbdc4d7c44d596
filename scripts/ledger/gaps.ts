import { CANARY_KEY } from '../contract/names.ts';
import type { Database } from './database.ts';

/** A time in which events of a move's source may have been lost. */
export type CaptureGap = {
  id: bigint;
  move: string;
  /** When capture is last known to have worked. */
  beganAt: Date;
  /** null: it goes on. */
  endedAt: Date | null;
  why: string;
};

const COLUMNS = 'id, move, began_at AS "beganAt", ended_at AS "endedAt", why';

/**
 * Records that events of a move may be lost from now on; it began when the newest canary came through. One that is
 * open goes on, with its own reason.
 *
 * @returns whether it was recorded now
 */
export async function beginGap(db: Database, move: string, why: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO capture_gap (move, began_at, why)
     SELECT $1, coalesce(max(received_at), clock_timestamp()), $2 FROM operation
     WHERE move = $1 AND key = $3 AND kind = 'canary'
     ON CONFLICT DO NOTHING`,
    [move, why, CANARY_KEY],
  );
  return (rowCount ?? 0) > 0;
}

/** @returns whether one was open */
export async function endGap(db: Database, move: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE capture_gap SET ended_at = clock_timestamp(), ended_transaction = pg_current_xact_id()
     WHERE move = $1 AND ended_at IS NULL`,
    [move],
  );
  return (rowCount ?? 0) > 0;
}

export async function openGap(db: Database, move: string): Promise<CaptureGap | null> {
  const { rows } = await db.query<CaptureGap>(
    `SELECT ${COLUMNS} FROM capture_gap WHERE move = $1 AND ended_at IS NULL`,
    [move],
  );
  return rows[0] ?? null;
}

/** The newest gap that had not ended below a horizon: what was listed from there on may have missed its events. */
export async function gapSince(db: Database, move: string, horizon: string): Promise<CaptureGap | null> {
  const { rows } = await db.query<CaptureGap>(
    `SELECT ${COLUMNS} FROM capture_gap
     WHERE move = $1 AND (ended_at IS NULL OR ended_transaction >= $2::xid8) ORDER BY id DESC LIMIT 1`,
    [move, horizon],
  );
  return rows[0] ?? null;
}

/** The newest gaps of a move, the newest first. */
export async function listGaps(db: Database, move: string, limit: number): Promise<CaptureGap[]> {
  const { rows } = await db.query<CaptureGap>(
    `SELECT ${COLUMNS} FROM capture_gap WHERE move = $1 ORDER BY id DESC LIMIT $2`,
    [move, limit],
  );
  return rows;
}

/** Seconds since the newest canary came through; null where none has. */
export async function canarySilence(db: Database, move: string): Promise<number | null> {
  const { rows } = await db.query<{ seconds: number | null }>(
    `SELECT extract(epoch FROM clock_timestamp() - max(received_at))::float8 AS seconds
     FROM operation WHERE move = $1 AND key = $2 AND kind = 'canary'`,
    [move, CANARY_KEY],
  );
  return rows[0]?.seconds ?? null;
}

/** Whether the event of one of these canaries has been stored. */
export async function hasCanary(db: Database, move: string, etags: readonly string[]): Promise<boolean> {
  if (etags.length === 0) return false;
  const { rows } = await db.query(
    `SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND kind = 'canary' AND etag = ANY($3::text[]) LIMIT 1`,
    [move, CANARY_KEY, etags],
  );
  return rows.length > 0;
}

/** Why a gap began that nothing but silence tells of. */
export function describeSilence(seconds: number): string {
  return `no canary came through for ${seconds.toFixed(0)} s`;
}
