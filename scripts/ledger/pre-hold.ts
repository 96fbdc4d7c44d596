import type { Database } from './database.ts';

/** What of one move still counts as done before the hold, though S3 tells of it after the turn. */
export type PreHold = {
  /** By S3's own clock: of a canary that was written when the applications' writes had ended. */
  eventsBefore: Date;
  /** The end of the window, by the ledger's clock. */
  receivedUntil: Date;
};

/** Replaces what an earlier turn left; a turn back to S3 leaves nothing. In the transaction of the turn. */
export async function recordPreHold(
  db: Database,
  eventsBefore: ReadonlyMap<string, Date>,
  windowSeconds: number,
): Promise<void> {
  await db.query('DELETE FROM pre_hold');
  if (eventsBefore.size === 0) return;
  await db.query(
    `INSERT INTO pre_hold (move, events_before, received_until)
     SELECT move, events_before, clock_timestamp() + make_interval(secs => $3)
     FROM unnest($1::text[], $2::timestamptz[]) AS turned (move, events_before)`,
    [[...eventsBefore.keys()], [...eventsBefore.values()], windowSeconds],
  );
}

/** Null where nothing is pre-hold: the applications have not turned, or the canary's event carried no time. */
export async function readPreHold(db: Database, move: string): Promise<PreHold | null> {
  const { rows } = await db.query<PreHold>(
    `SELECT events_before AS "eventsBefore", received_until AS "receivedUntil" FROM pre_hold WHERE move = $1`,
    [move],
  );
  return rows[0] ?? null;
}

/** Whether the log knows of a later change of the key that was pre-hold too: then that one says what the key was. */
export async function isOutdated(
  db: Database,
  where: { move: string; key: string },
  sequencer: string | null,
  eventsBefore: Date,
): Promise<boolean> {
  if (sequencer === null) return false;
  const { rows } = await db.query(
    `SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND sequencer > $3 AND event_time < $4 LIMIT 1`,
    [where.move, where.key, sequencer, eventsBefore],
  );
  return rows.length > 0;
}

/** The window of one move, and what came in it. */
export type LateEvents = PreHold & {
  /** Operations from before the hold that came after the turn and were applied; and those that are open. */
  applied: number;
  open: number;
};

export async function readLateEvents(db: Database, move: string): Promise<LateEvents | null> {
  const window = await readPreHold(db, move);
  if (window === null) return null;
  const { rows } = await db.query<Pick<LateEvents, 'applied' | 'open'>>(
    `SELECT count(*) FILTER (WHERE o.outcome IN ('applied', 'deleted'))::int AS applied,
       count(*) FILTER (WHERE o.retired_at IS NULL)::int AS open
     FROM operation o JOIN pre_hold p ON p.move = o.move
     WHERE o.move = $1 AND o.transaction >= p.horizon AND o.kind <> 'canary'
       AND o.event_time < p.events_before AND o.received_at < p.received_until`,
    [move],
  );
  return { ...window, ...(rows[0] ?? { applied: 0, open: 0 }) };
}

/** For how long, by the ledger's clock, S3 may still tell of what was done before the hold; 0 or less: no more. */
export async function secondsOfWindow(db: Database): Promise<number> {
  const { rows } = await db.query<{ seconds: number }>(
    `SELECT coalesce(max(extract(epoch FROM received_until - clock_timestamp())), 0)::float8 AS seconds FROM pre_hold`,
  );
  return rows[0]?.seconds ?? 0;
}
