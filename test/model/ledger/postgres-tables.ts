import type { Tables } from './tables.ts';

type Rows = readonly Record<string, unknown>[];

/** A table of PostgreSQL's as the model has it: how its rows are asked for, and the same rows of the model. */
export type ModelTable = { name: string; sql: string; rowsOf: (tables: Tables) => Rows };

const table = (name: string, columns: string, rowsOf: ModelTable['rowsOf']): ModelTable => ({
  name,
  sql: `SELECT ${columns} FROM ${name}`,
  rowsOf,
});
const at = (milliseconds: number | null): Date | null =>
  milliseconds === null ? null : new Date(milliseconds);

/** What a run leaves behind; all but what the model keeps nothing of. */
export const TABLES: readonly ModelTable[] = [
  table(
    'move',
    'phase, entering, epoch, writes_go_to AS "writesGoTo", cutover_at AS "cutoverAt"',
    ({ move }) => [{ ...move, cutoverAt: at(move.cutoverAt) }],
  ),
  table(
    'operation',
    'position, received_at AS "receivedAt", transaction::text, move, key, kind, event_name AS "eventName", ' +
      'sequencer, etag, event_time AS "eventTime", retired_at AS "retiredAt", outcome',
    ({ operation }) =>
      operation.map(({ committed: _, ...row }) => ({
        ...row,
        transaction: String(row.transaction),
        receivedAt: at(row.receivedAt),
        eventTime: at(row.eventTime),
        retiredAt: at(row.retiredAt),
      })),
  ),
  table(
    'capture_gap',
    'id, move, began_at AS "beganAt", why, ended_at AS "endedAt", ended_transaction::text AS "endedTransaction"',
    ({ captureGap }) =>
      captureGap.map((row) => ({
        ...row,
        beganAt: at(row.beganAt),
        endedAt: at(row.endedAt),
        endedTransaction: row.endedTransaction === null ? null : String(row.endedTransaction),
      })),
  ),
  table(
    'claim',
    'id, move, lower(keys) AS lower, lower_inc(keys) AS "lowerInclusive", upper(keys) AS upper, ' +
      'upper_inc(keys) AS "upperInclusive", owner, epoch, expires_at AS "expiresAt"',
    ({ claim }) => claim.map((row) => ({ ...row, expiresAt: at(row.expiresAt) })),
  ),
  table(
    'shard',
    'id, move, run, number, after_key AS after, until_key AS until, checkpoint, state, owner, ' +
      'lease_until AS "leaseUntil", objects::float8, bytes::float8, copied::float8, copied_bytes::float8 AS "copiedBytes", ' +
      'deleted::float8, failed::float8',
    ({ shard }) => shard.map((row) => ({ ...row, leaseUntil: at(row.leaseUntil) })),
  ),
  table(
    'sync_run',
    'run, move, state, started_at AS "startedAt", ended_at AS "endedAt", objects_expected::float8 AS "objectsExpected", ' +
      'bytes_expected::float8 AS "bytesExpected", wanted_at AS "wantedAt", deletes_counted::float8 AS "deletesCounted"',
    ({ syncRun }) =>
      syncRun.map(({ run, move, state, objectsExpected, bytesExpected, deletesCounted, ...times }) => ({
        ...{ run, move, state, objectsExpected, bytesExpected, deletesCounted },
        startedAt: at(times.startedAt),
        endedAt: at(times.endedAt),
        wantedAt: at(times.wantedAt),
      })),
  ),
  table(
    'hold',
    'id, direction, state, started_at AS "startedAt", limit_seconds AS "limitSeconds", turned_at AS "turnedAt", ' +
      'ended_at AS "endedAt", reason, detail',
    ({ hold }) =>
      hold.map((row) => ({
        ...row,
        startedAt: at(row.startedAt),
        turnedAt: at(row.turnedAt),
        endedAt: at(row.endedAt),
      })),
  ),
  table(
    'pre_hold',
    'move, events_before AS "eventsBefore", received_until AS "receivedUntil", horizon::text',
    ({ preHold }) =>
      preHold.map((row) => ({
        ...row,
        eventsBefore: at(row.eventsBefore),
        receivedUntil: at(row.receivedUntil),
        horizon: String(row.horizon),
      })),
  ),
  table(
    'certificate',
    'id, kind, move, at, epoch, horizon::text, findings::float8, document',
    ({ certificate }) => certificate.map((row) => ({ ...row, at: at(row.at), horizon: String(row.horizon) })),
  ),
  table(
    'conflict',
    'id, move, key, position, kind, source_etag AS "sourceEtag", quarantine_bucket AS "quarantineBucket", quarantine_key AS "quarantineKey", reason',
    ({ conflict }) => conflict,
  ),
  table('failed_key', 'move, key, stage, reason, attempts, next_at AS "nextAt"', ({ failedKey }) =>
    failedKey.map((row) => ({ ...row, nextAt: at(row.nextAt) })),
  ),
  table(
    'pending_key',
    'move, key, reason, at, promotion_asked_at AS "askedAt", taken_at AS "takenAt"',
    ({ pendingKey }) =>
      pendingKey.map((row) => ({
        ...row,
        at: at(row.at),
        askedAt: at(row.askedAt),
        takenAt: at(row.takenAt),
      })),
  ),
  table(
    'proven_pair',
    'move, key, source_etag AS "sourceEtag", source_size::float8 AS "sourceSize", target_etag AS "targetEtag", ' +
      'target_version AS "targetVersion", proven_by AS "provenBy", proven_at AS "provenAt"',
    ({ provenPair }) => provenPair.map((row) => ({ ...row, provenAt: at(row.provenAt) })),
  ),
];
