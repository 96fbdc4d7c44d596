import { SqlError } from './model-ledger.ts';
import type { ClaimRow } from './tables.ts';
import { byBytes, orNull, seconds, text, type Statement } from './statement.ts';

type Range = Pick<ClaimRow, 'lower' | 'lowerInclusive' | 'upper' | 'upperInclusive'>;

const point = (key: unknown): Range => ({
  lower: text(key),
  lowerInclusive: true,
  upper: text(key),
  upperInclusive: true,
});
/** (after, until]; '' is the beginning, null the end. */
const span = (after: unknown, until: unknown, closed = true): Range => ({
  lower: after === '' ? null : text(after),
  lowerInclusive: false,
  upper: orNull(until),
  upperInclusive: closed && until !== null,
});

function startsAfter(a: Range, b: Range): boolean {
  if (a.lower === null || b.upper === null) return false;
  const order = byBytes(a.lower, b.upper);
  return order > 0 || (order === 0 && !(a.lowerInclusive && b.upperInclusive));
}

function isEmpty({ lower, upper, lowerInclusive, upperInclusive }: Range): boolean {
  if (lower === null || upper === null) return false;
  const order = byBytes(lower, upper);
  return order > 0 || (order === 0 && !(lowerInclusive && upperInclusive));
}

export function overlaps(a: Range, b: Range): boolean {
  return !isEmpty(a) && !isEmpty(b) && !startsAfter(a, b) && !startsAfter(b, a);
}

export function holdsKey(claim: ClaimRow, key: string): boolean {
  return overlaps(claim, point(key));
}

const RANGE = "key_range($2, $2, '[]')";
const SPAN = "key_range(nullif($2, ''), $3, '(]')";

const byLower = (a: ClaimRow, b: ClaimRow): number =>
  (a.lower === null ? -1 : b.lower === null ? 1 : byBytes(a.lower, b.lower)) ||
  Number(b.lowerInclusive) - Number(a.lowerInclusive);

export const CLAIM_STATEMENTS: readonly Statement[] = [
  ...(
    [
      [RANGE, (values) => point(values[1]), 2],
      [SPAN, (values) => span(values[1], values[2]), 3],
    ] satisfies [string, (values: readonly unknown[]) => Range, number][]
  ).map(([range, rangeOf, last]): Statement => [
    `DELETE FROM claim WHERE move = $1 AND keys && ${range}
         AND expires_at + make_interval(secs => $${last + 1}) < clock_timestamp()`,
    ({ tables, now }, values) => {
      const kept = tables.claim.filter(
        (row) =>
          row.move !== values[0] ||
          !overlaps(row, rangeOf(values)) ||
          row.expiresAt + seconds(values[last]) >= now,
      );
      const removed = tables.claim.length - kept.length;
      tables.claim = kept;
      return removed;
    },
  ]),
  [
    `INSERT INTO claim (move, keys, owner, epoch, expires_at)
       SELECT $1, ${RANGE}, $3, $4, clock_timestamp() + make_interval(secs => $5)
       FROM move WHERE move.epoch = $4
       ON CONFLICT DO NOTHING RETURNING id, move, epoch`,
    ({ tables, now, nextId }, [move, key, owner, epoch, lease]) => {
      if (tables.move.epoch !== BigInt(text(epoch))) return [];
      const id = nextId('claim');
      const range = point(key);
      if (tables.claim.some((row) => row.move === move && overlaps(row, range))) return [];
      const row = { id, move: text(move), ...range, owner: text(owner), epoch: tables.move.epoch };
      tables.claim = [...tables.claim, { ...row, expiresAt: now + seconds(lease) }];
      return [{ id, move, epoch: tables.move.epoch }];
    },
  ],
  [
    `SELECT lower(keys) AS key, upper_inc(keys) AND lower(keys) = upper(keys) AS single
           FROM claim WHERE move = $1 AND keys && ${SPAN} ORDER BY keys`,
    ({ tables }, [move, after, until]) =>
      tables.claim
        .filter((row) => row.move === move && overlaps(row, span(after, until)))
        .sort(byLower)
        .map(({ lower, upper, upperInclusive }) => ({
          key: lower,
          single:
            upper === null || lower === null
              ? upperInclusive
                ? null
                : false
              : upperInclusive && lower === upper,
        })),
  ],
  [
    `INSERT INTO claim (move, keys, owner, epoch, expires_at)
             SELECT $1, r.keys, $5, $6, clock_timestamp() + make_interval(secs => $7)
             FROM (SELECT key_range(nullif($2, ''), $3, CASE WHEN $4 THEN '(]' ELSE '()' END) AS keys) r, move
             WHERE move.epoch = $6 AND NOT isempty(r.keys) RETURNING id, move, epoch`,
    ({ tables, now, nextId }, [move, after, before, closed, owner, epoch, lease]) => {
      const range = span(after, before, closed === true);
      if (tables.move.epoch !== BigInt(text(epoch)) || isEmpty(range)) return [];
      const id = nextId('claim');
      if (tables.claim.some((row) => row.move === move && overlaps(row, range))) {
        throw new SqlError('23P01', 'conflicting key value violates exclusion constraint');
      }
      const row = { id, move: text(move), ...range, owner: text(owner), epoch: tables.move.epoch };
      tables.claim = [...tables.claim, { ...row, expiresAt: now + seconds(lease) }];
      return [{ id, move, epoch: tables.move.epoch }];
    },
  ],
  [
    'DELETE FROM claim WHERE id = ANY($1::bigint[])',
    ({ tables }, [ids]) => {
      const before = tables.claim.length;
      tables.claim = tables.claim.filter(({ id }) => !(ids as string[]).includes(String(id)));
      return before - tables.claim.length;
    },
  ],
  [
    'SELECT 1 FROM claim WHERE id = ANY($1::bigint[]) AND expires_at > clock_timestamp() FOR UPDATE',
    ({ tables, now }, [ids]) =>
      tables.claim
        .filter(({ id, expiresAt }) => (ids as string[]).includes(String(id)) && expiresAt > now)
        .map(() => ({ '?column?': 1 })),
  ],
  [
    'SELECT count(*)::int AS n FROM claim WHERE expires_at + make_interval(secs => $1) >= clock_timestamp()',
    ({ tables, now }, [request]) => [
      { n: tables.claim.filter(({ expiresAt }) => expiresAt + seconds(request) >= now).length },
    ],
  ],
  [
    `WITH renewed AS (
           UPDATE claim SET expires_at = clock_timestamp() + make_interval(secs => $2)
           WHERE owner = $1 AND expires_at > clock_timestamp() RETURNING id)
         SELECT EXISTS (SELECT 1 FROM claim WHERE owner = $1 AND expires_at <= clock_timestamp()) AS lost,
                count(*) FROM renewed`,
    ({ tables, now }, [owner, lease]) => {
      const own = tables.claim.filter((row) => row.owner === owner);
      const lives = (row: ClaimRow) => row.owner === owner && row.expiresAt > now;
      tables.claim = tables.claim.map((row) =>
        lives(row) ? { ...row, expiresAt: now + seconds(lease) } : row,
      );
      const lost = own.some(({ expiresAt }) => expiresAt <= now);
      return [{ lost, count: BigInt(own.filter(({ expiresAt }) => expiresAt > now).length) }];
    },
  ],
];
