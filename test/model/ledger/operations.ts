import type { StatementContext } from './model-ledger.ts';
import type { OperationRow } from './tables.ts';
import { holdsKey } from './claims.ts';
import { byBytes, date, orNull, seconds, text, type Statement } from './statement.ts';

/** What other transactions may see of the log. */
const visible = ({ tables }: StatementContext): OperationRow[] =>
  tables.operation.filter(({ committed }) => committed);
const isOf = (move: unknown, key: unknown) => (row: OperationRow) => row.move === move && row.key === key;
const byPosition = (a: OperationRow, b: OperationRow): number => (a.position < b.position ? -1 : 1);
const isOpen = ({ retiredAt }: OperationRow) => retiredAt === null;
const distinct = (rows: OperationRow[]) => [...new Set(rows.map(({ key }) => key))].sort(byBytes);
const shown = ({ position, kind, eventName, sequencer, etag, eventTime, receivedAt }: OperationRow) => ({
  position,
  kind,
  eventName,
  sequencer,
  etag,
  eventTime: date(eventTime),
  receivedAt: new Date(receivedAt),
});

export const OPERATION_STATEMENTS: readonly Statement[] = [
  [
    `INSERT INTO operation (move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time, retired_at, outcome)
     SELECT move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time,
            CASE WHEN kind = 'canary' THEN clock_timestamp() END, CASE WHEN kind = 'canary' THEN 'ignored' END
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::timestamptz[])
       AS o (move, key, kind, event_name, event_source, sequencer, version_id, etag, size, principal, event_time)
     WHERE kind <> 'expire' OR NOT EXISTS (SELECT 1 FROM move WHERE coalesce(entering, phase) IN ('retire', 'done'))`,
    ({ tables, now, transaction, nextId }, values) => {
      const [moves, keys, kinds, names, , sequencers, , etags, , , times] = values as (string | null)[][];
      const { phase, entering } = tables.move;
      const isEmptied = ['retire', 'done'].includes(entering ?? phase);
      const rows = (moves ?? []).flatMap((move, index): OperationRow[] => {
        const isCanary = kinds?.[index] === 'canary';
        if (isEmptied && kinds?.[index] === 'expire') return [];
        const row: OperationRow = {
          position: nextId('operation'),
          receivedAt: now,
          transaction,
          committed: false,
          move: text(move),
          key: text(keys?.[index]),
          kind: text(kinds?.[index]),
          eventName: text(names?.[index]),
          sequencer: orNull(sequencers?.[index]),
          etag: orNull(etags?.[index]),
          eventTime: times?.[index] == null ? null : new Date(times[index]).getTime(),
          retiredAt: isCanary ? now : null,
          outcome: isCanary ? 'ignored' : null,
        };
        return [row];
      });
      tables.operation = [...tables.operation, ...rows];
      return rows.length;
    },
  ],
  [
    `WITH oldest AS (
       SELECT o.move, o.key, o.position
       FROM operation o
       WHERE o.retired_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.move = o.move AND c.keys @> o.key AND c.expires_at > clock_timestamp())
         AND NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.next_at > clock_timestamp())
       ORDER BY o.position LIMIT $1)
     SELECT move, key FROM oldest GROUP BY move, key ORDER BY min(position) LIMIT $2`,
    (context, [operations, limit]) => {
      const { tables, now } = context;
      const free = ({ move, key }: OperationRow) =>
        !tables.claim.some((row) => row.move === move && row.expiresAt > now && holdsKey(row, key)) &&
        !tables.failedKey.some(
          (row) => row.move === move && row.key === key && row.stage === 'replay' && row.nextAt > now,
        );
      const oldest = visible(context).filter(isOpen).filter(free).sort(byPosition);
      const keys = new Map<string, { move: string; key: string }>();
      for (const { move, key } of oldest.slice(0, Number(operations))) {
        const id = JSON.stringify([move, key]);
        if (!keys.has(id)) keys.set(id, { move, key });
      }
      return [...keys.values()].slice(0, Number(limit));
    },
  ],
  [
    `SELECT position, kind, event_name AS "eventName", sequencer, etag, event_time AS "eventTime",
       received_at AS "receivedAt"
     FROM operation WHERE move = $1 AND key = $2 AND retired_at IS NULL ORDER BY position`,
    (context, [move, key]) =>
      visible(context).filter(isOf(move, key)).filter(isOpen).sort(byPosition).map(shown),
  ],
  [
    `UPDATE operation SET retired_at = clock_timestamp(), outcome = $4
     WHERE move = $1 AND key = $2 AND position = ANY($3::bigint[]) AND retired_at IS NULL`,
    ({ tables, now }, [move, key, positions, outcome]) => {
      const doomed = (row: OperationRow) =>
        row.committed &&
        isOf(move, key)(row) &&
        isOpen(row) &&
        (positions as string[]).includes(String(row.position));
      const count = tables.operation.filter(doomed).length;
      tables.operation = tables.operation.map((row) =>
        doomed(row) ? { ...row, retiredAt: now, outcome: text(outcome) } : row,
      );
      return count;
    },
  ],
  [
    'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon',
    ({ horizon }) => [{ horizon: String(horizon) }],
  ],
  [
    `SELECT DISTINCT key FROM operation WHERE move = $1 AND transaction >= $2::xid8 AND kind <> 'canary' ORDER BY key`,
    (context, [move, horizon]) => distinct(touched(context, move, horizon)).map((key) => ({ key })),
  ],
  [
    `SELECT count(DISTINCT key)::int AS keys FROM operation
     WHERE move = $1 AND transaction >= $2::xid8 AND kind <> 'canary'`,
    (context, [move, horizon]) => [{ keys: distinct(touched(context, move, horizon)).length }],
  ],
  [
    `SELECT DISTINCT key FROM operation WHERE move = $1 AND key = ANY($2::text[]) AND kind IN ('delete', 'expire') ORDER BY key`,
    (context, [move, keys]) =>
      distinct(
        visible(context).filter(
          (row) =>
            row.move === move &&
            (keys as string[]).includes(row.key) &&
            (row.kind === 'delete' || row.kind === 'expire'),
        ),
      ).map((key) => ({ key })),
  ],
  [
    `SELECT count(*) AS operations,
            coalesce(extract(epoch FROM clock_timestamp() - min(received_at)), 0)::float8 AS seconds
     FROM operation WHERE retired_at IS NULL`,
    (context) => {
      const open = visible(context).filter(isOpen);
      const oldest = Math.min(...open.map(({ receivedAt }) => receivedAt), context.now);
      return [{ operations: BigInt(open.length), seconds: (context.now - oldest) / 1000 }];
    },
  ],
  [
    'SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND sequencer = $3 AND position < $4 LIMIT 1',
    (context, [move, key, sequencer, position]) =>
      visible(context)
        .filter(isOf(move, key))
        .filter((row) => row.sequencer === sequencer && row.position < BigInt(text(position)))
        .slice(0, 1)
        .map(() => ({ '?column?': 1 })),
  ],
  [
    `SELECT max(received_at) AS at FROM operation WHERE kind NOT IN ('canary', 'expire') AND outcome IS DISTINCT FROM 'duplicate'`,
    (context) => {
      const writes = visible(context).filter(
        ({ kind, outcome }) => kind !== 'canary' && kind !== 'expire' && outcome !== 'duplicate',
      );
      return [
        { at: date(writes.length === 0 ? null : Math.max(...writes.map(({ receivedAt }) => receivedAt))) },
      ];
    },
  ],
  [
    'SELECT coalesce(max(position), 0)::bigint AS position FROM operation',
    (context) => [
      { position: visible(context).reduce((most, { position }) => (position > most ? position : most), 0n) },
    ],
  ],
  [
    `SELECT event_time AS "eventTime" FROM operation
     WHERE position > $1 AND move = $2 AND key = $3 AND kind = 'canary' AND etag = $4`,
    (context, [position, move, key, etag]) => {
      const arrived = visible(context).filter(
        (row) =>
          isOf(move, key)(row) &&
          row.kind === 'canary' &&
          row.etag === etag &&
          row.position > BigInt(text(position)),
      );
      return arrived.map(({ eventTime }) => ({ eventTime: date(eventTime) }));
    },
  ],
  [
    `SELECT count(DISTINCT (o.move, o.key)) FILTER (WHERE f.key IS NOT NULL)::int AS "givenUpKeys",
            count(*) FILTER (WHERE f.key IS NULL)::int AS "otherOperations"
     FROM operation o
     LEFT JOIN failed_key f ON f.move = o.move AND f.key = o.key AND f.stage = 'replay' AND f.attempts >= $1
     WHERE o.retired_at IS NULL`,
    (context, [attempts]) => {
      const open = visible(context).filter(isOpen);
      const givenUp = open.filter(({ move, key }) =>
        context.tables.failedKey.some(
          (row) =>
            row.move === move &&
            row.key === key &&
            row.stage === 'replay' &&
            row.attempts >= Number(attempts),
        ),
      );
      const keys = new Set(givenUp.map(({ move, key }) => JSON.stringify([move, key])));
      return [{ givenUpKeys: keys.size, otherOperations: open.length - givenUp.length }];
    },
  ],
];

/** What clients' events named at or above a horizon. */
export function touched(context: StatementContext, move: unknown, horizon: unknown): OperationRow[] {
  return visible(context).filter(
    (row) => row.move === move && row.transaction >= BigInt(text(horizon)) && row.kind !== 'canary',
  );
}

/** Seconds between a moment and now; for the statements that count silence. */
export function since(now: number, at: unknown): number | null {
  return at === null ? null : (now - new Date(at as string | Date).getTime()) / seconds(1);
}
