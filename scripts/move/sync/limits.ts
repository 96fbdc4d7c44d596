import { UserError } from '../../contract/errors.ts';
import type { Database } from '../../ledger/database.ts';

/** One limit of the whole move, all workers together. */
export type Limit = {
  unit: 'bytes' | 'requests';
  perSecond: number;
  /** When it holds: minutes since midnight, the end exclusive and past midnight where it is smaller. Default: always. */
  window?: { from: number; to: number };
};

const FORM = /^(\d+(?:\.\d+)?)(B|kB|KiB|MB|MiB|GB|GiB|req)\/s(?:@(\d\d):(\d\d)-(\d\d):(\d\d))?$/;
const BYTES: Record<string, number> = {
  B: 1,
  kB: 1e3,
  KiB: 2 ** 10,
  MB: 1e6,
  MiB: 2 ** 20,
  GB: 1e9,
  GiB: 2 ** 30,
};
const DAY_MINUTES = 24 * 60;

/**
 * Reads limits such as `50MB/s@08:00-20:00, 200MB/s, 1000req/s`, of which each may hold in a window of the
 * day, in UTC: workers are anywhere. Bytes are those written to the target, requests those to both stores.
 * `none`, or nothing, is no limit.
 *
 * @throws UserError that names what was given and what it should be
 */
export function parseLimits(text: string): Limit[] {
  const words = text.split(',').map((word) => word.trim());
  return words.filter((word) => word !== '' && word !== 'none').map(parseLimit);
}

function parseLimit(word: string): Limit {
  const [, amount, unit, ...times] = FORM.exec(word) ?? [];
  const perSecond = Number(amount) * (BYTES[unit ?? ''] ?? 1);
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = times.map(Number);
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  const isTime = fromMinute < 60 && toMinute < 60 && from < DAY_MINUTES && to <= DAY_MINUTES;
  const isWhole = unit !== undefined && perSecond > 0 && (times[0] === undefined || (isTime && from !== to));
  if (!isWhole) {
    throw new UserError(
      `"${word}" is no limit; it should be an amount a second and, where it does not always hold, a window of ` +
        'the day in UTC, for example 50MB/s@08:00-20:00 or 1000req/s ' +
        `(units: ${Object.keys(BYTES).join(', ')}, req; "none" for no limit)`,
      { exitCode: 2 },
    );
  }
  const limit: Limit = { unit: unit === 'req' ? 'requests' : 'bytes', perSecond };
  return times[0] === undefined ? limit : { ...limit, window: { from, to } };
}

/** What holds at a moment, a second; Infinity where nothing does. Of several the strictest holds. */
export function limitsAt(limits: readonly Limit[], now: Date): Record<Limit['unit'], number> {
  const minute = now.getUTCHours() * 60 + now.getUTCMinutes();
  const strictest = { bytes: Infinity, requests: Infinity };
  for (const { unit, perSecond, window } of limits) {
    if (window !== undefined && !isWithin(minute, window)) continue;
    strictest[unit] = Math.min(strictest[unit], perSecond);
  }
  return strictest;
}

function isWithin(minute: number, { from, to }: { from: number; to: number }): boolean {
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

/**
 * Says how fast sync may work from now on. Workers that run hear of it within a few seconds.
 *
 * @throws UserError as `parseLimits`
 */
export async function setLimits(ledger: Database, text: string): Promise<void> {
  parseLimits(text);
  await ledger.query(
    `INSERT INTO sync_limit (limits) VALUES ($1)
     ON CONFLICT (only_row) DO UPDATE SET limits = EXCLUDED.limits, changed_at = clock_timestamp()`,
    [text],
  );
}

/** What `readLimits` says. `behindSeconds`: the age of the oldest change that replay has not handled. */
export type ReadLimits = { limits: string; workers: number; behindSeconds: number };

/**
 * The limits as they were set, how many workers share them, and how far replay is behind; keys that keep failing
 * do not count there, because no pause of sync's helps them.
 */
export async function readLimits(ledger: Database): Promise<ReadLimits> {
  const { rows } = await ledger.query<{
    limits: string | null;
    workers: number;
    behindSeconds: number | null;
  }>(
    `SELECT (SELECT limits FROM sync_limit) AS limits,
       (SELECT count(DISTINCT owner)::int FROM shard
        WHERE state = 'open' AND lease_until > clock_timestamp()) AS workers,
       (SELECT extract(epoch FROM clock_timestamp() - o.received_at)::float8 FROM operation o
        WHERE o.retired_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = o.move AND f.key = o.key AND f.stage = 'replay')
        ORDER BY o.position LIMIT 1) AS "behindSeconds"`,
  );
  const [row] = rows;
  return { limits: row?.limits ?? '', workers: row?.workers ?? 0, behindSeconds: row?.behindSeconds ?? 0 };
}
