import type { Database } from './connect.ts';

/** Whether a key is positively known to be on S3 alone. Anything else that is missing is gone. */
export async function isPending(db: Database, move: string, key: string): Promise<boolean> {
  const { rows } = await db.query('SELECT 1 FROM pending_key WHERE move = $1 AND key = $2', [move, key]);
  return rows.length > 0;
}

export async function addPending(db: Database, move: string, keys: string[], reason: string): Promise<void> {
  await db.query(
    `INSERT INTO pending_key (move, key, reason) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`,
    [move, keys, reason],
  );
}

/** Takes keys off the list: before a client's mutation passes, or when they have been copied. */
export async function takePending(db: Database, move: string, keys: string[]): Promise<void> {
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

/** Pending keys, those that somebody asked for first. */
export async function listPending(db: Database, limit: number): Promise<{ move: string; key: string }[]> {
  const { rows } = await db.query<{ move: string; key: string }>(
    'SELECT move, key FROM pending_key ORDER BY promotion_asked_at NULLS LAST, at LIMIT $1',
    [limit],
  );
  return rows;
}
