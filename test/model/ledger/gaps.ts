import type { StatementContext } from './model-ledger.ts';
import type { GapRow } from './tables.ts';
import { date, text, type Statement } from './statement.ts';

const COLUMNS = 'id, move, began_at AS "beganAt", ended_at AS "endedAt", why';

const shown = ({ id, move, beganAt, endedAt, why }: GapRow) => ({
  ...{ id, move, why },
  beganAt: new Date(beganAt),
  endedAt: date(endedAt),
});
const isOpen = (move: unknown) => (row: GapRow) => row.move === move && row.endedAt === null;
/** When canaries of a move came through. */
const canaries = ({ tables }: StatementContext, move: unknown, key: unknown) =>
  tables.operation.filter(
    (row) => row.committed && row.move === move && row.key === key && row.kind === 'canary',
  );
const newest = (rows: { receivedAt: number }[]) =>
  rows.length === 0 ? null : Math.max(...rows.map(({ receivedAt }) => receivedAt));

/** Gaps in capture. */
export const GAP_STATEMENTS: readonly Statement[] = [
  [
    `INSERT INTO capture_gap (move, began_at, why)
     SELECT $1, coalesce(max(received_at), clock_timestamp()), $2 FROM operation
     WHERE move = $1 AND key = $3 AND kind = 'canary'
     ON CONFLICT DO NOTHING`,
    (context, [move, why, key]) => {
      const { tables, now, nextId } = context;
      // A sequence counts on, though the row is not written.
      const id = nextId('capture_gap');
      if (tables.captureGap.some(isOpen(move))) return 0;
      const beganAt = newest(canaries(context, move, key)) ?? now;
      const row = { id, move: text(move), beganAt, why: text(why), endedAt: null, endedTransaction: null };
      tables.captureGap = [...tables.captureGap, row];
      return 1;
    },
  ],
  [
    `UPDATE capture_gap SET ended_at = clock_timestamp(), ended_transaction = pg_current_xact_id()
     WHERE move = $1 AND ended_at IS NULL`,
    ({ tables, now, transaction }, [move]) => {
      const count = tables.captureGap.filter(isOpen(move)).length;
      tables.captureGap = tables.captureGap.map((row) =>
        isOpen(move)(row) ? { ...row, endedAt: now, endedTransaction: transaction } : row,
      );
      return count;
    },
  ],
  [
    `SELECT ${COLUMNS} FROM capture_gap WHERE move = $1 AND ended_at IS NULL`,
    ({ tables }, [move]) => tables.captureGap.filter(isOpen(move)).map(shown),
  ],
  [
    `SELECT ${COLUMNS} FROM capture_gap
     WHERE move = $1 AND (ended_at IS NULL OR ended_transaction >= $2::xid8) ORDER BY id DESC LIMIT 1`,
    ({ tables }, [move, horizon]) =>
      tables.captureGap
        .filter((row) => row.move === move)
        .filter(
          ({ endedTransaction }) => endedTransaction === null || endedTransaction >= BigInt(text(horizon)),
        )
        .slice(-1)
        .map(shown),
  ],
  [
    `SELECT extract(epoch FROM clock_timestamp() - max(received_at))::float8 AS seconds
     FROM operation WHERE move = $1 AND key = $2 AND kind = 'canary'`,
    (context, [move, key]) => {
      const at = newest(canaries(context, move, key));
      return [{ seconds: at === null ? null : (context.now - at) / 1000 }];
    },
  ],
];
