import { date, seconds, text, type Statement } from './statement.ts';

export const PRE_HOLD_STATEMENTS: readonly Statement[] = [
  [
    'DELETE FROM pre_hold',
    ({ tables }) => {
      const count = tables.preHold.length;
      tables.preHold = [];
      return count;
    },
  ],
  [
    `INSERT INTO pre_hold (move, events_before, received_until)
     SELECT move, events_before, clock_timestamp() + make_interval(secs => $3)
     FROM unnest($1::text[], $2::timestamptz[]) AS turned (move, events_before)`,
    ({ tables, now, horizon }, [moves, times, window]) => {
      const rows = (moves as string[]).map((move, index) => ({
        move,
        eventsBefore: new Date((times as (string | Date)[])[index] ?? NaN).getTime(),
        receivedUntil: now + seconds(window),
        horizon,
      }));
      tables.preHold = [...tables.preHold, ...rows];
      return rows.length;
    },
  ],
  [
    'SELECT events_before AS "eventsBefore", received_until AS "receivedUntil" FROM pre_hold WHERE move = $1',
    ({ tables }, [move]) =>
      tables.preHold
        .filter((row) => row.move === move)
        .map(({ eventsBefore, receivedUntil }) => ({
          eventsBefore: date(eventsBefore),
          receivedUntil: date(receivedUntil),
        })),
  ],
  [
    'SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND sequencer > $3 AND event_time < $4 LIMIT 1',
    ({ tables }, [move, key, sequencer, before]) =>
      tables.operation
        .filter((row) => row.committed && row.move === move && row.key === key)
        .filter((row) => row.sequencer !== null && row.sequencer > text(sequencer))
        .filter(({ eventTime }) => eventTime !== null && eventTime < new Date(before as Date).getTime())
        .slice(0, 1)
        .map(() => ({ '?column?': 1 })),
  ],
  [
    'SELECT coalesce(max(extract(epoch FROM received_until - clock_timestamp())), 0)::float8 AS seconds FROM pre_hold',
    ({ tables, now }) => {
      const left = tables.preHold.map(({ receivedUntil }) => (receivedUntil - now) / 1000);
      return [{ seconds: left.length === 0 ? 0 : Math.max(...left) }];
    },
  ],
  [
    `SELECT 1 FROM conflict WHERE move = $1 AND key = $2 AND kind = 'delete'
     UNION ALL SELECT 1 FROM operation WHERE move = $1 AND key = $2 AND kind = 'expire' LIMIT 1`,
    ({ tables }, [move, key]) => {
      const isOf = (row: { move: string; key: string }) => row.move === move && row.key === key;
      const conflicts = tables.conflict.filter((row) => isOf(row) && row.kind === 'delete');
      const expiries = tables.operation.filter((row) => row.committed && isOf(row) && row.kind === 'expire');
      return [...conflicts, ...expiries].slice(0, 1).map(() => ({ '?column?': 1 }));
    },
  ],
];
