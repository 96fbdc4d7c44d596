import type { Database } from './database.ts';

/** Keys after `after` until `until`, `until` included; null: no end. */
export type KeyRange = { after: string; until: string | null };

/** Where the newest run of a move was cut, in key order: ranges of about as many keys each. */
export async function shardRanges(db: Database, move: string): Promise<KeyRange[]> {
  const { rows } = await db.query<KeyRange>(
    `SELECT after_key AS after, until_key AS until FROM shard
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) ORDER BY after_key`,
    [move],
  );
  return rows;
}
