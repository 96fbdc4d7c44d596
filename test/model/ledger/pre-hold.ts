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
];
