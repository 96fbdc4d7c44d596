import type { Database } from './database.ts';

export type FailureStage = 'sync' | 'replay' | 'promotion';
export type Failure = {
  move: string;
  key: string;
  stage: FailureStage;
  reason: string;
  attempts: number;
  firstAt: Date;
  lastAt: Date;
};

/** A key that failed so often is not waited for any longer; it is tried again, but seldom. */
export const GIVEN_UP_ATTEMPTS = 3;

/** The longest pause between two attempts at one key, in seconds. */
const MAX_PAUSE_SECONDS = 60;

/** Puts a key on the failed list, or counts one more attempt; the next waits twice as long. */
export async function recordFailure(
  db: Database,
  failure: { move: string; key: string; stage: FailureStage; reason: string },
): Promise<void> {
  await db.query(
    `INSERT INTO failed_key AS f (move, key, stage, reason, next_at)
     VALUES ($1, $2, $3, $4, clock_timestamp() + interval '0.5 seconds')
     ON CONFLICT (move, key, stage) DO UPDATE SET reason = EXCLUDED.reason, attempts = f.attempts + 1, last_at = now(),
       next_at = clock_timestamp() + make_interval(secs => least(power(2, f.attempts) * 0.5, ${MAX_PAUSE_SECONDS}))`,
    [failure.move, failure.key, failure.stage, failure.reason.slice(0, 2000)],
  );
}

export async function clearFailure(
  db: Database,
  failure: { move: string; key: string; stage: FailureStage },
): Promise<void> {
  await db.query('DELETE FROM failed_key WHERE move = $1 AND key = $2 AND stage = $3', [
    failure.move,
    failure.key,
    failure.stage,
  ]);
}

/** Clears the failures of the keys after `after` until `until` (null: the end), but for some. */
export async function clearFailuresBetween(
  db: Database,
  range: { move: string; stage: FailureStage; after: string; until: string | null; except: string[] },
): Promise<void> {
  await db.query(
    `DELETE FROM failed_key WHERE move = $1 AND stage = $2 AND key > $3
       AND ($4::text IS NULL OR key <= $4) AND key <> ALL ($5::text[])`,
    [range.move, range.stage, range.after, range.until, range.except],
  );
}

export async function listFailures(db: Database): Promise<Failure[]> {
  const { rows } = await db.query<Failure>(
    `SELECT move, key, stage, reason, attempts, first_at AS "firstAt", last_at AS "lastAt"
     FROM failed_key ORDER BY move, key, stage`,
  );
  return rows;
}
