import type { Database, PoolClient } from './database.ts';
import { recordPreHold } from './pre-hold.ts';

/** One attempt to turn the applications from one store to the other. */
export type Hold = {
  id: bigint;
  direction: 'to-target' | 'to-source';
  /** holding: writes wait · turned: committed, being carried out · done · called-off */
  state: 'holding' | 'turned' | 'done' | 'called-off';
  startedAt: Date;
  limitSeconds: number;
  turnedAt: Date | null;
  endedAt: Date | null;
  reason: string | null;
  /** Seconds since it began, by the ledger's clock. */
  ageSeconds: number;
  detail: Record<string, unknown>;
};

const COLUMNS = `id, direction, state, started_at AS "startedAt", limit_seconds AS "limitSeconds",
  turned_at AS "turnedAt", ended_at AS "endedAt", reason, detail,
  extract(epoch FROM clock_timestamp() - started_at)::float8 AS "ageSeconds"`;

/** Records that a hold begins, before the parameter says so. Fails where one is open. */
export async function beginHold(
  db: Database,
  direction: Hold['direction'],
  limitSeconds: number,
): Promise<bigint> {
  const { rows } = await db.query<{ id: bigint }>(
    'INSERT INTO hold (direction, limit_seconds) VALUES ($1, $2) RETURNING id',
    [direction, limitSeconds],
  );
  return rows[0]?.id ?? 0n;
}

/** The hold that has not ended, if there is one. */
export async function openHold(db: Database): Promise<Hold | null> {
  const { rows } = await db.query<Hold>(`SELECT ${COLUMNS} FROM hold WHERE state IN ('holding', 'turned')`);
  return rows[0] ?? null;
}

export async function lastHold(db: Database): Promise<Hold | null> {
  const { rows } = await db.query<Hold>(`SELECT ${COLUMNS} FROM hold ORDER BY id DESC LIMIT 1`);
  return rows[0] ?? null;
}

export async function listHolds(db: Database): Promise<Hold[]> {
  const { rows } = await db.query<Hold>(`SELECT ${COLUMNS} FROM hold ORDER BY id`);
  return rows;
}

/**
 * The commit point of a hold: the epoch goes up and the applications' store turns, in the caller's
 * transaction. False where the hold was called off, or is older than its limit by the ledger's clock.
 *
 * @param late up to when, by S3's own clock, an event tells of something before the hold, by move; and for how
 *   long after the turn one may come. Of a turn back to S3: nothing
 */
export async function commitTurn(
  client: PoolClient,
  id: bigint,
  late: { eventsBefore: ReadonlyMap<string, Date>; windowSeconds: number },
): Promise<boolean> {
  const { rows } = await client.query<{ direction: Hold['direction'] }>(
    `UPDATE hold SET state = 'turned', turned_at = clock_timestamp()
     WHERE id = $1 AND state = 'holding'
       AND clock_timestamp() < started_at + make_interval(secs => limit_seconds)
     RETURNING direction`,
    [id],
  );
  const turned = rows[0];
  if (turned === undefined) return false;
  await client.query(
    `UPDATE move SET epoch = epoch + 1, writes_go_to = $1,
       cutover_at = CASE WHEN $1 = 'target' THEN coalesce(cutover_at, now()) END`,
    [turned.direction === 'to-target' ? 'target' : 'source'],
  );
  await recordPreHold(client, late.eventsBefore, late.windowSeconds);
  return true;
}

/**
 * Calls a hold off. False where it has turned already: then it must be carried out. It has ended only when what
 * it changed is put back: `endCalledOff`.
 */
export async function callOff(db: Database, id: bigint, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE hold SET state = 'called-off', reason = $2
     WHERE id = $1 AND state = 'holding'`,
    [id, reason],
  );
  return rowCount === 1;
}

/** Whether a hold was called off and something that it changed is not put back yet. */
export async function isCalledOffOpen(db: Database): Promise<boolean> {
  const { rows } = await db.query(
    `SELECT 1 FROM hold WHERE state = 'called-off' AND ended_at IS NULL LIMIT 1`,
  );
  return rows.length > 0;
}

/** Records that everything is put back that called-off holds changed. */
export async function endCalledOff(db: Database): Promise<void> {
  await db.query(
    `UPDATE hold SET ended_at = clock_timestamp() WHERE state = 'called-off' AND ended_at IS NULL`,
  );
}

/** Records that the turn has been carried out: Nginx and the parameter say the new store. */
export async function endHold(db: Database, id: bigint, detail: object): Promise<void> {
  await db.query(
    `UPDATE hold SET state = 'done', ended_at = clock_timestamp(), detail = detail || $2::jsonb
     WHERE id = $1 AND state = 'turned'`,
    [id, JSON.stringify(detail)],
  );
}
