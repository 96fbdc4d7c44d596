import type { Database } from './database.ts';

/** Whether a key is positively known to be on S3 alone. Anything else that is missing is gone. */
export async function isPending(db: Database, move: string, key: string): Promise<boolean> {
  return (await pendingState(db, move, key, 0)) === 'pending';
}

/**
 * A key's state on the list. `taken`: a client's write or delete of it was let pass, less than
 * `settledSeconds` ago · `settled`: longer ago, so that it has come through or never will · null: not on it.
 */
export async function pendingState(
  db: Database,
  move: string,
  key: string,
  settledSeconds: number,
): Promise<'pending' | 'taken' | 'settled' | null> {
  const { rows } = await db.query<{ state: 'pending' | 'taken' | 'settled' }>(
    `SELECT CASE WHEN taken_at IS NULL THEN 'pending'
                 WHEN taken_at + make_interval(secs => $3) > clock_timestamp() THEN 'taken' ELSE 'settled' END AS state
     FROM pending_key WHERE move = $1 AND key = $2`,
    [move, key, settledSeconds],
  );
  return rows[0]?.state ?? null;
}

export async function addPending(db: Database, move: string, keys: string[], reason: string): Promise<void> {
  await db.query(
    `INSERT INTO pending_key (move, key, reason) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`,
    [move, keys, reason],
  );
}

/**
 * Marks keys as taken, before a client's write or delete of them passes: S3's object is not served any
 * more. They stay on the list until it is known that the request came through, because it may fail.
 */
export async function takePending(db: Database, move: string, keys: string[]): Promise<void> {
  await db.query(
    'UPDATE pending_key SET taken_at = clock_timestamp() WHERE move = $1 AND key = ANY($2::text[])',
    [move, keys],
  );
}

/** The request that a key was taken for never came through: S3's object is the only one, as before. */
export async function giveBackPending(db: Database, move: string, key: string): Promise<void> {
  await db.query('UPDATE pending_key SET taken_at = NULL WHERE move = $1 AND key = $2', [move, key]);
}

/** Takes keys off the list for good: they have been copied, or clients have written or deleted them on Ceph. */
export async function dropPending(db: Database, move: string, keys: string[]): Promise<void> {
  await db.query('DELETE FROM pending_key WHERE move = $1 AND key = ANY($2::text[])', [move, keys]);
}

export async function countPending(db: Database): Promise<number> {
  const { rows } = await db.query<{ n: number }>('SELECT count(*)::int AS n FROM pending_key');
  return rows[0]?.n ?? 0;
}

/** Asks for a pending key to be copied before its turn; asking twice changes nothing. */
export async function askPromotion(db: Database, move: string, key: string): Promise<void> {
  await db.query(
    `UPDATE pending_key SET promotion_asked_at = coalesce(promotion_asked_at, clock_timestamp())
     WHERE move = $1 AND key = $2`,
    [move, key],
  );
}

/** Pending keys, those with a request first. */
export async function listPending(db: Database, limit: number): Promise<{ move: string; key: string }[]> {
  const { rows } = await db.query<{ move: string; key: string }>(
    'SELECT move, key FROM pending_key ORDER BY promotion_asked_at NULLS LAST, at LIMIT $1',
    [limit],
  );
  return rows;
}
