import type { RunRow, ShardRow } from './tables.ts';
import { byBytes, date, orNull, seconds, text, type Statement } from './statement.ts';

const owned = (id: unknown, owner: unknown) => (row: ShardRow) =>
  row.id === BigInt(text(id)) && row.owner === owner;

function change(rows: ShardRow[], which: (row: ShardRow) => boolean, to: (row: ShardRow) => ShardRow) {
  return { rows: rows.map((row) => (which(row) ? to(row) : row)), count: rows.filter(which).length };
}

const sum = (rows: ShardRow[], of: (row: ShardRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

function newShard(
  id: bigint,
  move: string,
  run: unknown,
  number: number,
  after: string,
  until: string | null,
): ShardRow {
  const nothing = { objects: 0, bytes: 0, copied: 0, copiedBytes: 0, deleted: 0, failed: 0 };
  const range = { after, until, checkpoint: after };
  return {
    id,
    move,
    run: BigInt(text(run)),
    number,
    ...range,
    state: 'open',
    owner: null,
    leaseUntil: null,
    ...nothing,
  };
}

export const SHARD_STATEMENTS: readonly Statement[] = [
  [
    `SELECT (SELECT limits FROM sync_limit) AS limits,
       (SELECT count(DISTINCT owner)::int FROM shard
        WHERE state = 'open' AND lease_until > clock_timestamp()) AS workers,
       (SELECT extract(epoch FROM clock_timestamp() - o.received_at)::float8 FROM operation o
        WHERE o.retired_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = o.move AND f.key = o.key AND f.stage = 'replay')
        ORDER BY o.position LIMIT 1) AS "behindSeconds"`,
    ({ tables, now }) => {
      const busy = tables.shard.filter(
        ({ state, leaseUntil }) => state === 'open' && leaseUntil !== null && leaseUntil > now,
      );
      const owners = new Set(busy.flatMap(({ owner }) => owner ?? []));
      const fails = (move: string, key: string) =>
        tables.failedKey.some((row) => row.move === move && row.key === key && row.stage === 'replay');
      const [oldest] = tables.operation
        .filter(({ committed, retiredAt, move, key }) => committed && retiredAt === null && !fails(move, key))
        .sort((a, b) => (a.position < b.position ? -1 : 1));
      const behindSeconds = oldest === undefined ? null : (now - oldest.receivedAt) / seconds(1);
      return [{ limits: null, workers: owners.size, behindSeconds }]; // no run of the model has a limit
    },
  ],
  [
    `SELECT after_key AS after, until_key AS until FROM shard
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) ORDER BY after_key`,
    ({ tables }, [move]) => {
      const run = tables.syncRun.filter((row) => row.move === move).at(-1)?.run;
      return tables.shard
        .filter((row) => row.run === run)
        .sort((a, b) => byBytes(a.after, b.after))
        .map(({ after, until }) => ({ after, until }));
    },
  ],
  [
    'DELETE FROM shard WHERE move = $1',
    ({ tables }, [move]) => {
      const before = tables.shard.length;
      tables.shard = tables.shard.filter((row) => row.move !== move);
      return before - tables.shard.length;
    },
  ],
  [
    `INSERT INTO sync_run (move, state, inventory, objects_expected, bytes_expected)
     SELECT $1, CASE WHEN $2::text IS NULL THEN 'copying' ELSE 'splitting' END, $2, sum(s.objects), sum(s.bytes)
     FROM sync_run r LEFT JOIN shard s ON s.run = r.run
     WHERE r.run = (SELECT max(run) FROM sync_run WHERE move = $1 AND state = 'done') RETURNING run`,
    ({ tables, now, nextId }, [move, inventory]) => {
      const last = tables.syncRun.filter((row) => row.move === move && row.state === 'done').at(-1);
      const counted = last === undefined ? [] : tables.shard.filter((row) => row.run === last.run);
      const known = (total: number) => (counted.length === 0 ? null : total);
      const row: RunRow = {
        run: nextId('sync_run'),
        move: text(move),
        state: inventory === null ? 'copying' : 'splitting',
        startedAt: now,
        endedAt: null,
        objectsExpected: known(sum(counted, ({ objects }) => objects)),
        bytesExpected: known(sum(counted, ({ bytes }) => bytes)),
        wantedAt: null,
        deletesCounted: 0,
      };
      tables.syncRun = [...tables.syncRun, row];
      return [{ run: row.run }];
    },
  ],
  [
    `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint) VALUES ($1, $2, 1, '', NULL, '')`,
    ({ tables, nextId }, [move, run]) => {
      tables.shard = [...tables.shard, newShard(nextId('shard'), text(move), run, 1, '', null)];
      return 1;
    },
  ],
  [
    `SELECT run, inventory FROM sync_run
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) AND state = 'splitting'`,
    () => [], // no run of the model has an inventory
  ],
  [
    'SELECT versions FROM sync_run WHERE run = $1',
    () => [{ versions: false }], // no run of the model carries versions
  ],
  [
    `UPDATE sync_run SET deletes_counted = deletes_counted + $2 WHERE run = $1
     RETURNING deletes_counted::float8 AS counted, deletes_allowed::float8 AS allowed`,
    ({ tables }, [run, more]) => {
      const counted = (row: RunRow) => row.deletesCounted + Number(more);
      tables.syncRun = tables.syncRun.map((row) =>
        row.run === run ? { ...row, deletesCounted: counted(row) } : row,
      );
      return tables.syncRun
        .filter((row) => row.run === run)
        .map(({ deletesCounted }) => ({ counted: deletesCounted, allowed: null })); // nobody allows any
    },
  ],
  [
    `UPDATE sync_run SET wanted_at = clock_timestamp()
     WHERE run = (SELECT max(run) FROM sync_run WHERE move = $1) AND state = 'copying'
       AND (wanted_at IS NULL OR wanted_at < clock_timestamp() - interval '1 second')`,
    ({ tables, now }, [move]) => {
      const last = tables.syncRun.filter((row) => row.move === move).at(-1);
      if (last?.state !== 'copying') return 0;
      if (last.wantedAt !== null && last.wantedAt >= now - seconds(1)) return 0;
      tables.syncRun = tables.syncRun.map((row) => (row === last ? { ...row, wantedAt: now } : row));
      return 1;
    },
  ],
  [
    `SELECT EXISTS (SELECT 1 FROM sync_run
                    WHERE run = $1 AND wanted_at > clock_timestamp() - interval '3 seconds')
        AND NOT EXISTS (SELECT 1 FROM shard WHERE run = $1 AND state = 'open'
                        AND (lease_until IS NULL OR lease_until < clock_timestamp())) AS wanted`,
    ({ tables, now }, [run]) => {
      const wanted = tables.syncRun.some(
        (row) => row.run === run && row.wantedAt !== null && row.wantedAt > now - seconds(3),
      );
      const free = tables.shard.some(
        ({ run: of, state, leaseUntil }) =>
          of === run && state === 'open' && (leaseUntil === null || leaseUntil < now),
      );
      return [{ wanted: wanted && !free }];
    },
  ],
  [
    'SELECT 1 FROM sync_run WHERE run = $1 FOR UPDATE',
    ({ tables }, [run]) => tables.syncRun.filter((row) => row.run === run).map(() => ({ '?column?': 1 })),
  ],
  [
    `SELECT until_key AS until FROM shard WHERE id = $1 AND owner = $2 AND state = 'open' FOR UPDATE`,
    ({ tables }, [id, owner]) => {
      const own = owned(id, owner);
      return tables.shard.filter((row) => own(row) && row.state === 'open').map(({ until }) => ({ until }));
    },
  ],
  [
    'UPDATE shard SET until_key = $2 WHERE id = $1',
    ({ tables }, [id, until]) => {
      tables.shard = tables.shard.map((row) => (row.id === id ? { ...row, until: orNull(until) } : row));
      return 1;
    },
  ],
  [
    `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint)
       SELECT $1, $2, max(number) + 1, $3, $4, $3 FROM shard WHERE run = $2`,
    ({ tables, nextId }, [move, run, after, until]) => {
      const of = tables.shard.filter((row) => row.run === run).map((row) => row.number);
      const row = newShard(nextId('shard'), text(move), run, Math.max(...of) + 1, text(after), orNull(until));
      tables.shard = [...tables.shard, row];
      return 1;
    },
  ],
  [
    `UPDATE sync_run SET objects_expected = $2, bytes_expected = $3 WHERE run = $1 AND objects_expected IS NULL`,
    ({ tables }, [run, objects, bytes]) => {
      const unknown = (row: RunRow) => row.run === run && row.objectsExpected === null;
      const count = tables.syncRun.filter(unknown).length;
      tables.syncRun = tables.syncRun.map((row) =>
        unknown(row) ? { ...row, objectsExpected: Number(objects), bytesExpected: Number(bytes) } : row,
      );
      return count;
    },
  ],
  [
    `UPDATE shard SET owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = (SELECT id FROM shard
                 WHERE move = $1 AND state = 'open' AND (lease_until IS NULL OR lease_until < clock_timestamp())
                 ORDER BY (number - 1) % $4 <> $5, number FOR UPDATE SKIP LOCKED LIMIT 1)
     RETURNING id, move, run, number, after_key AS after, until_key AS until, checkpoint, owner`,
    ({ tables, now }, [move, owner, lease, count, index]) => {
      const isOther = ({ number }: ShardRow) => Number((number - 1) % Number(count) !== Number(index));
      const found = tables.shard
        .filter((row) => row.move === move && row.state === 'open')
        .filter(({ leaseUntil }) => leaseUntil === null || leaseUntil < now)

        .toSorted((a, b) => isOther(a) - isOther(b) || a.number - b.number)[0];
      if (found === undefined) return [];
      const taken = { ...found, owner: text(owner), leaseUntil: now + seconds(lease) };
      tables.shard = tables.shard.map((row) => (row === found ? taken : row));
      const { id, run, number, after, until, checkpoint } = taken;
      return [{ id, move, run, number, after, until, checkpoint, owner }];
    },
  ],
  [
    `UPDATE shard SET checkpoint = $3, objects = objects + $4, bytes = bytes + $5, copied = copied + $6,
       copied_bytes = copied_bytes + $7, deleted = deleted + $8, failed = failed + $9,
       lease_until = clock_timestamp() + make_interval(secs => $10)
     WHERE id = $1 AND owner = $2 AND state = 'open'`,
    (
      { tables, now },
      [id, owner, checkpoint, objects, bytes, copied, copiedBytes, deleted, failed, lease],
    ) => {
      const own = owned(id, owner);
      const { rows, count } = change(
        tables.shard,
        (row) => own(row) && row.state === 'open',
        (row) => ({
          ...row,
          checkpoint: text(checkpoint),
          objects: row.objects + Number(objects),
          bytes: row.bytes + Number(bytes),
          copied: row.copied + Number(copied),
          copiedBytes: row.copiedBytes + Number(copiedBytes),
          deleted: row.deleted + Number(deleted),
          failed: row.failed + Number(failed),
          leaseUntil: now + seconds(lease),
        }),
      );
      tables.shard = rows;
      return count;
    },
  ],
  [
    `UPDATE shard SET lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND owner = $2 AND state = 'open'`,
    ({ tables, now }, [id, owner, lease]) => {
      const own = owned(id, owner);
      const { rows, count } = change(
        tables.shard,
        (row) => own(row) && row.state === 'open',
        (row) => ({ ...row, leaseUntil: now + seconds(lease) }),
      );
      tables.shard = rows;
      return count;
    },
  ],
  [
    'UPDATE shard SET owner = NULL, lease_until = NULL WHERE id = $1 AND owner = $2',
    ({ tables }, [id, owner]) => {
      const { rows, count } = change(tables.shard, owned(id, owner), (row) => ({
        ...row,
        owner: null,
        leaseUntil: null,
      }));
      tables.shard = rows;
      return count;
    },
  ],
  [
    `UPDATE shard SET state = 'done', lease_until = NULL WHERE id = $1 AND owner = $2 AND state = 'open'`,
    ({ tables }, [id, owner]) => {
      const own = owned(id, owner);
      const { rows, count } = change(
        tables.shard,
        (row) => own(row) && row.state === 'open',
        (row) => ({ ...row, state: 'done', leaseUntil: null }),
      );
      tables.shard = rows;
      return count;
    },
  ],
  [
    `UPDATE sync_run SET state = 'done', ended_at = clock_timestamp()
     WHERE run = $1 AND state = 'copying' AND NOT EXISTS (SELECT 1 FROM shard WHERE run = $1 AND state = 'open')`,
    ({ tables, now }, [run]) => {
      if (tables.shard.some((row) => row.run === run && row.state === 'open')) return 0;
      const ends = (row: RunRow) => row.run === run && row.state === 'copying';
      const count = tables.syncRun.filter(ends).length;
      tables.syncRun = tables.syncRun.map((row) =>
        ends(row) ? { ...row, state: 'done', endedAt: now } : row,
      );
      return count;
    },
  ],
  [
    `SELECT r.run, r.state, r.started_at AS "startedAt", r.ended_at AS "endedAt",
       coalesce(r.objects_expected, 0)::float8 AS "objectsExpected", coalesce(r.bytes_expected, 0)::float8 AS "bytesExpected",
       count(s.id)::int AS shards, (count(s.id) FILTER (WHERE s.state = 'done'))::int AS done,
       coalesce(sum(s.objects), 0)::float8 AS objects, coalesce(sum(s.bytes), 0)::float8 AS bytes,
       coalesce(sum(s.copied), 0)::float8 AS copied, coalesce(sum(s.copied_bytes), 0)::float8 AS "copiedBytes",
       coalesce(sum(s.deleted), 0)::float8 AS deleted, coalesce(sum(s.failed), 0)::float8 AS failed
     FROM sync_run r LEFT JOIN shard s ON s.run = r.run
     WHERE r.run = (SELECT max(run) FROM sync_run WHERE move = $1) GROUP BY r.run`,
    ({ tables }, [move]) =>
      tables.syncRun
        .filter((row) => row.move === move)
        .slice(-1)
        .map(({ run, state, startedAt, endedAt, objectsExpected, bytesExpected }) => {
          const own = tables.shard.filter((row) => row.run === run);
          return {
            run,
            state,
            startedAt: new Date(startedAt),
            endedAt: date(endedAt),
            objectsExpected: objectsExpected ?? 0,
            bytesExpected: bytesExpected ?? 0,
            shards: own.length,
            done: own.filter((row) => row.state === 'done').length,
            objects: sum(own, (row) => row.objects),
            bytes: sum(own, (row) => row.bytes),
            copied: sum(own, (row) => row.copied),
            copiedBytes: sum(own, (row) => row.copiedBytes),
            deleted: sum(own, (row) => row.deleted),
            failed: sum(own, (row) => row.failed),
          };
        }),
  ],
];
