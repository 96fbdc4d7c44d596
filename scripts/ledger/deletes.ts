import { onlyRow } from './connect.ts';
import type { Database } from './database.ts';

/** Which of these keys the log says were removed from the source, by a client or by a rule. */
export async function keysLoggedAsRemoved(
  db: Database,
  move: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ key: string }>(
    `SELECT DISTINCT key FROM operation WHERE move = $1 AND key = ANY($2::text[]) AND kind IN ('delete', 'expire') ORDER BY key`,
    [move, keys],
  );
  return new Set(rows.map(({ key }) => key));
}

export type CountedDeletes = {
  /** Of all workers of the run, with those just counted. */
  counted: number;
  /** How many somebody has allowed; null: nobody has. */
  allowed: number | null;
};

/** Counts deletions of a run before they are made, so that workers side by side keep to one bound. */
export async function countDeletes(db: Database, run: bigint, more: number): Promise<CountedDeletes> {
  const { rows } = await db.query<CountedDeletes>(
    `UPDATE sync_run SET deletes_counted = deletes_counted + $2 WHERE run = $1
     RETURNING deletes_counted::float8 AS counted, deletes_allowed::float8 AS allowed`,
    [run, more],
  );
  return onlyRow(rows);
}

/** Lets a run delete so many objects that the log does not name, whatever the source holds. */
export async function allowDeletes(db: Database, run: bigint, most: number): Promise<void> {
  await db.query('UPDATE sync_run SET deletes_allowed = $2 WHERE run = $1', [run, most]);
}
