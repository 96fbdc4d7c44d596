import type { Database } from '../../ledger/database.ts';
import { GIVEN_UP_ATTEMPTS } from '../../ledger/failures.ts';

/** What is still open: keys that keep failing, and the operations of all others. */
export async function readBacklog(db: Database): Promise<{ givenUpKeys: number; otherOperations: number }> {
  const { rows } = await db.query<{ givenUpKeys: number; otherOperations: number }>(
    `SELECT count(DISTINCT (o.move, o.key)) FILTER (WHERE f.key IS NOT NULL)::int AS "givenUpKeys",
            count(*) FILTER (WHERE f.key IS NULL)::int AS "otherOperations"
     FROM operation o
     LEFT JOIN failed_key f ON f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.attempts >= $1
     WHERE o.retired_at IS NULL`,
    [GIVEN_UP_ATTEMPTS],
  );
  return rows[0] ?? { givenUpKeys: 0, otherOperations: 0 };
}
