import type { FailedRow, PendingRow } from './tables.ts';
import { byBytes, orNull, seconds, text, within, type Statement } from './statement.ts';

const isOf =
  (move: unknown, key: unknown, stage?: unknown) =>
  (row: { move: string; key: string; stage?: string }): boolean =>
    row.move === move && row.key === key && (stage === undefined || row.stage === stage);

/** The longest pause between two attempts, in seconds; written into the statement. */
const LONGEST_PAUSE_SECONDS = 60;

export const LIST_STATEMENTS: readonly Statement[] = [
  [
    `INSERT INTO failed_key AS f (move, key, stage, reason, next_at)
     VALUES ($1, $2, $3, $4, clock_timestamp() + interval '0.5 seconds')
     ON CONFLICT (move, key, stage) DO UPDATE SET reason = EXCLUDED.reason, attempts = f.attempts + 1, last_at = now(),
       next_at = clock_timestamp() + make_interval(secs => least(power(2, f.attempts) * 0.5, ${LONGEST_PAUSE_SECONDS}))`,
    ({ tables, now }, [move, key, stage, reason]) => {
      const old = tables.failedKey.find(isOf(move, key, stage));
      const pause = old === undefined ? 0.5 : Math.min(2 ** old.attempts * 0.5, LONGEST_PAUSE_SECONDS);
      const row: FailedRow = {
        move: text(move),
        key: text(key),
        stage: text(stage),
        reason: text(reason),
        attempts: (old?.attempts ?? 0) + 1,
        nextAt: now + pause * 1000,
      };
      tables.failedKey = [...tables.failedKey.filter((other) => other !== old), row];
      return 1;
    },
  ],
  [
    'DELETE FROM failed_key WHERE move = $1 AND key = $2 AND stage = $3',
    ({ tables }, [move, key, stage]) => {
      const before = tables.failedKey.length;
      const doomed = isOf(move, key, stage);
      tables.failedKey = tables.failedKey.filter((row) => !doomed(row));
      return before - tables.failedKey.length;
    },
  ],
  [
    `SELECT move, key, stage, reason, attempts, first_at AS "firstAt", last_at AS "lastAt"
     FROM failed_key ORDER BY move, key, stage`,
    ({ tables }) =>
      tables.failedKey
        .toSorted((a, b) => byBytes(a.move + a.key + a.stage, b.move + b.key + b.stage))
        .map(({ move, key, stage, reason, attempts }) => ({ move, key, stage, reason, attempts })),
  ],
  [
    `SELECT key, attempts, next_at <= clock_timestamp() AS due FROM failed_key
     WHERE move = $1 AND stage = 'sync' AND key > $2 AND ($3::text IS NULL OR key <= $3) ORDER BY key`,
    ({ tables, now }, [move, after, until]) =>
      tables.failedKey
        .filter((row) => row.move === move && row.stage === 'sync' && within(row.key, after, until))
        .toSorted((a, b) => byBytes(a.key, b.key))
        .map(({ key, attempts, nextAt }) => ({ key, attempts, due: nextAt <= now })),
  ],
  [
    `DELETE FROM failed_key WHERE move = $1 AND stage = $2 AND key > $3
       AND ($4::text IS NULL OR key <= $4) AND key <> ALL ($5::text[])`,
    ({ tables }, [move, stage, after, until, failed]) => {
      const before = tables.failedKey.length;
      tables.failedKey = tables.failedKey.filter(
        (row) =>
          row.move !== move ||
          row.stage !== stage ||
          !within(row.key, after, until) ||
          (failed as string[]).includes(row.key),
      );
      return before - tables.failedKey.length;
    },
  ],
  [
    `SELECT CASE WHEN taken_at IS NULL THEN 'pending'
                 WHEN taken_at + make_interval(secs => $3) > clock_timestamp() THEN 'taken' ELSE 'settled' END AS state
     FROM pending_key WHERE move = $1 AND key = $2`,
    ({ tables, now }, [move, key, settled]) =>
      tables.pendingKey.filter(isOf(move, key)).map(({ takenAt }) => ({
        state: takenAt === null ? 'pending' : takenAt + seconds(settled) > now ? 'taken' : 'settled',
      })),
  ],
  [
    'UPDATE pending_key SET taken_at = clock_timestamp() WHERE move = $1 AND key = ANY($2::text[])',
    ({ tables, now }, [move, keys]) => {
      const taken = (row: PendingRow) => row.move === move && (keys as string[]).includes(row.key);
      tables.pendingKey = tables.pendingKey.map((row) => (taken(row) ? { ...row, takenAt: now } : row));
      return tables.pendingKey.filter(taken).length;
    },
  ],
  [
    'UPDATE pending_key SET taken_at = NULL WHERE move = $1 AND key = $2',
    ({ tables }, [move, key]) => {
      const given = isOf(move, key);
      tables.pendingKey = tables.pendingKey.map((row) => (given(row) ? { ...row, takenAt: null } : row));
      return tables.pendingKey.filter(given).length;
    },
  ],
  [
    'SELECT key FROM pending_key WHERE move = $1 AND key = ANY($2::text[])',
    ({ tables }, [move, keys]) =>
      tables.pendingKey
        .filter((row) => row.move === move && (keys as string[]).includes(row.key))
        .map(({ key }) => ({ key })),
  ],
  [
    `INSERT INTO pending_key (move, key, reason) SELECT $1, unnest($2::text[]), $3 ON CONFLICT DO NOTHING`,
    ({ tables, now }, [move, keys, reason]) => {
      const fresh = (keys as string[]).filter((key) => !tables.pendingKey.some(isOf(move, key)));
      const rows = fresh.map((key): PendingRow => ({
        move: text(move),
        key,
        reason: text(reason),
        at: now,
        askedAt: null,
        takenAt: null,
      }));
      tables.pendingKey = [...tables.pendingKey, ...rows];
      return rows.length;
    },
  ],
  [
    'DELETE FROM pending_key WHERE move = $1 AND key = ANY($2::text[])',
    ({ tables }, [move, keys]) => {
      const before = tables.pendingKey.length;
      tables.pendingKey = tables.pendingKey.filter(
        (row) => row.move !== move || !(keys as string[]).includes(row.key),
      );
      return before - tables.pendingKey.length;
    },
  ],
  ['SELECT count(*)::int AS n FROM pending_key', ({ tables }) => [{ n: tables.pendingKey.length }]],
  [
    `UPDATE pending_key SET promotion_asked_at = coalesce(promotion_asked_at, clock_timestamp())
     WHERE move = $1 AND key = $2`,
    ({ tables, now }, [move, key]) => {
      const asked = isOf(move, key);
      tables.pendingKey = tables.pendingKey.map((row) =>
        asked(row) ? { ...row, askedAt: row.askedAt ?? now } : row,
      );
      return tables.pendingKey.filter(asked).length;
    },
  ],
  [
    `SELECT p.move, p.key FROM pending_key p
     WHERE NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = p.move AND f.key = p.key
                       AND f.stage = 'promotion' AND f.next_at > clock_timestamp())
       AND (p.taken_at IS NULL OR p.taken_at + make_interval(secs => $3) <= clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS c (move, key)
                       WHERE c.move = p.move AND c.key = p.key)
     ORDER BY p.promotion_asked_at NULLS LAST, p.at LIMIT 1`,
    ({ tables, now }, [moves, keys, settled]) => {
      const waits = ({ move, key }: PendingRow) =>
        tables.failedKey.some((row) => isOf(move, key, 'promotion')(row) && row.nextAt > now);
      const copied = ({ move, key }: PendingRow) =>
        (keys as string[]).some((each, index) => each === key && (moves as string[])[index] === move);
      return tables.pendingKey
        .filter((row) => !waits(row) && !copied(row))
        .filter(({ takenAt }) => takenAt === null || takenAt + seconds(settled) <= now)
        .toSorted((a, b) => (a.askedAt ?? Infinity) - (b.askedAt ?? Infinity) || a.at - b.at)
        .slice(0, 1)
        .map(({ move, key }) => ({ move, key }));
    },
  ],
  [
    'SELECT move, key, reason, named_by AS "namedBy", at FROM waiver WHERE move = $1 ORDER BY key',
    ({ tables }, [move]) =>
      tables.waiver
        .filter((row) => row.move === move)
        .toSorted((a, b) => byBytes(a.key, b.key))
        .map((row) => ({ ...row, at: new Date(row.at) })),
  ],
  [
    `INSERT INTO conflict (move, key, position, kind, source_etag, source_size, target_etag, quarantine_bucket, quarantine_key, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (move, key, position) DO NOTHING`,
    (
      { tables, nextId },
      [move, key, position, kind, sourceEtag, , , quarantineBucket, quarantineKey, reason],
    ) => {
      const id = nextId('conflict');
      const same = isOf(move, key);
      if (tables.conflict.some((row) => same(row) && row.position === BigInt(text(position)))) return 0;
      const row = {
        id,
        move: text(move),
        key: text(key),
        position: BigInt(text(position)),
        kind: text(kind),
        sourceEtag: orNull(sourceEtag),
        quarantineBucket: orNull(quarantineBucket),
        quarantineKey: orNull(quarantineKey),
        reason: text(reason),
      };
      tables.conflict = [...tables.conflict, row];
      return 1;
    },
  ],
  [
    `SELECT quarantine_bucket AS bucket, quarantine_key AS key FROM conflict
     WHERE move = $1 AND key = $2 AND kind = 'put' AND source_etag = $3
       AND quarantine_bucket IS NOT NULL AND quarantine_key IS NOT NULL ORDER BY id DESC`,
    ({ tables }, [move, key, etag]) =>
      tables.conflict
        .filter((row) => isOf(move, key)(row) && row.kind === 'put' && row.sourceEtag === etag)
        .filter(({ quarantineBucket, quarantineKey }) => quarantineBucket !== null && quarantineKey !== null)
        .toReversed()
        .map(({ quarantineBucket, quarantineKey }) => ({ bucket: quarantineBucket, key: quarantineKey })),
  ],
  // What a run of the model never looks at again.
  [
    `INSERT INTO process_report (owner, script, peak_rss_bytes, detail) VALUES ($1, $2, $3, $4)
     ON CONFLICT (owner) DO UPDATE SET at = now(), peak_rss_bytes = EXCLUDED.peak_rss_bytes, detail = EXCLUDED.detail`,
    () => 1,
  ],
  [
    'INSERT INTO source_document (bucket, kind, document) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    () => 1,
  ],
];
