import type { HoldRow, MoveRow } from './tables.ts';
import { date, orNull, text, type Statement } from './statement.ts';

const COLUMNS = `id, direction, state, started_at AS "startedAt", limit_seconds AS "limitSeconds",
  turned_at AS "turnedAt", ended_at AS "endedAt", reason, detail,
  extract(epoch FROM clock_timestamp() - started_at)::float8 AS "ageSeconds"`;

const shown = (hold: HoldRow, now: number) => ({
  ...hold,
  startedAt: new Date(hold.startedAt),
  turnedAt: date(hold.turnedAt),
  endedAt: date(hold.endedAt),
  ageSeconds: (now - hold.startedAt) / 1000,
});
const isCalledOffOpen = ({ state, endedAt }: HoldRow) => state === 'called-off' && endedAt === null;
const isOpen = ({ state }: HoldRow) => state === 'holding' || state === 'turned';

export const HOLD_STATEMENTS: readonly Statement[] = [
  [
    'INSERT INTO hold (direction, limit_seconds) VALUES ($1, $2) RETURNING id',
    ({ tables, now, nextId }, [direction, limit]) => {
      if (tables.hold.some(isOpen)) throw new Error('duplicate key: a hold is open');
      const id = nextId('hold');
      const row: HoldRow = {
        id,
        direction: direction as HoldRow['direction'],
        state: 'holding',
        startedAt: now,
        limitSeconds: Number(limit),
        turnedAt: null,
        endedAt: null,
        reason: null,
        detail: {},
      };
      tables.hold = [...tables.hold, row];
      return [{ id }];
    },
  ],
  [
    `SELECT ${COLUMNS} FROM hold WHERE state IN ('holding', 'turned')`,
    ({ tables, now }) => tables.hold.filter(isOpen).map((hold) => shown(hold, now)),
  ],
  [
    `UPDATE hold SET state = 'turned', turned_at = clock_timestamp()
     WHERE id = $1 AND state = 'holding'
       AND clock_timestamp() < started_at + make_interval(secs => limit_seconds)
     RETURNING direction`,
    ({ tables, now }, [id]) => {
      const found = tables.hold.find(
        (hold) =>
          hold.id === id && hold.state === 'holding' && now < hold.startedAt + hold.limitSeconds * 1000,
      );
      if (found === undefined) return [];
      tables.hold = tables.hold.map((hold) =>
        hold === found ? { ...hold, state: 'turned', turnedAt: now } : hold,
      );
      return [{ direction: found.direction }];
    },
  ],
  [
    `UPDATE move SET epoch = epoch + 1, writes_go_to = $1,
       cutover_at = CASE WHEN $1 = 'target' THEN coalesce(cutover_at, now()) END`,
    ({ tables, now }, [store]) => {
      const { move } = tables;
      const cutoverAt = store === 'target' ? (move.cutoverAt ?? now) : null;
      tables.move = {
        ...move,
        epoch: move.epoch + 1n,
        writesGoTo: store as MoveRow['writesGoTo'],
        cutoverAt,
      };
      return 1;
    },
  ],
  [
    `UPDATE hold SET state = 'called-off', reason = $2
     WHERE id = $1 AND state = 'holding'`,
    ({ tables }, [id, reason]) => {
      const found = tables.hold.find((hold) => hold.id === id && hold.state === 'holding');
      tables.hold = tables.hold.map((hold) =>
        hold === found ? { ...hold, state: 'called-off', reason: orNull(reason) } : hold,
      );
      return found === undefined ? 0 : 1;
    },
  ],
  [
    `SELECT 1 FROM hold WHERE state = 'called-off' AND ended_at IS NULL LIMIT 1`,
    ({ tables }) =>
      tables.hold
        .filter(isCalledOffOpen)
        .slice(0, 1)
        .map(() => ({ '?column?': 1 })),
  ],
  [
    `UPDATE hold SET ended_at = clock_timestamp() WHERE state = 'called-off' AND ended_at IS NULL`,
    ({ tables, now }) => {
      const count = tables.hold.filter(isCalledOffOpen).length;
      tables.hold = tables.hold.map((hold) => (isCalledOffOpen(hold) ? { ...hold, endedAt: now } : hold));
      return count;
    },
  ],
  [
    `UPDATE hold SET state = 'done', ended_at = clock_timestamp(), detail = detail || $2::jsonb
     WHERE id = $1 AND state = 'turned'`,
    ({ tables, now }, [id, detail]) => {
      const found = tables.hold.find((hold) => hold.id === id && hold.state === 'turned');
      const added = JSON.parse(text(detail)) as object;
      tables.hold = tables.hold.map((hold) =>
        hold === found
          ? { ...hold, state: 'done', endedAt: now, detail: { ...hold.detail, ...added } }
          : hold,
      );
      return found === undefined ? 0 : 1;
    },
  ],
  [
    'SELECT max(turned_at) AS at FROM hold',
    ({ tables }) => {
      const all = tables.hold.flatMap(({ turnedAt }) => turnedAt ?? []);
      return [{ at: all.length === 0 ? null : new Date(Math.max(...all)) }];
    },
  ],
  [
    `SELECT phase, entering, epoch, writes_go_to AS "writesGoTo", cutover_at AS "cutoverAt" FROM move`,
    ({ tables }) => [{ ...tables.move, cutoverAt: date(tables.move.cutoverAt) }],
  ],
  [
    'UPDATE move SET entering = $1',
    ({ tables }, [to]) => {
      tables.move = { ...tables.move, entering: text(to) };
      return 1;
    },
  ],
  [
    'UPDATE move SET entering = NULL',
    ({ tables }) => {
      tables.move = { ...tables.move, entering: null };
      return 1;
    },
  ],
  [
    'UPDATE move SET phase = $1, entering = NULL',
    ({ tables }, [to]) => {
      tables.move = { ...tables.move, phase: text(to), entering: null };
      return 1;
    },
  ],
  [
    'INSERT INTO phase_history (moved, phase_from, phase_to, epoch, detail) VALUES ($1, $2, $3, $4, $5)',
    ({ tables }, [moved, from, to, epoch]) => {
      const entry = { moved: text(moved), from: text(from), to: text(to), epoch: BigInt(text(epoch)) };
      tables.history = [...tables.history, entry];
      return 1;
    },
  ],
];
