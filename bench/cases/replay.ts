import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.ts';
import { contest, medianOf } from '../contest.ts';
import { bytesOf, fill, smallObjects } from '../objects.ts';
import { migrate } from '../peers.ts';
import { atMost, COMMON, commonCells, type Result } from '../result.ts';
import { openLedger } from '../../scripts/ledger/connect.ts';
import { appendOperations } from '../../scripts/ledger/operations.ts';

const FROM = 'bench-small';
const KIB = 1024;
const WRITES_A_SECOND = 100;

/** How fast the operation log is worked off, and how late it is while clients write. */
export async function replay({ stand, rounds, scale, log }: Bench): Promise<Result> {
  const objects = smallObjects(Math.round(4000 * scale), 4 * KIB, 128 * KIB);
  await fill(stand.source, FROM, objects);
  let file = '';
  const standings = await contest(
    [
      {
        name: 'migrate replay',
        before: async () => {
          await stand.emptyBucket(stand.target, 'bench-replay');
          const sync = { workers: 1, concurrency: 32, keysPerShard: 100_000 };
          const made = await stand.migration({ source: FROM, target: 'bench-replay' }, sync);
          file = made.file;
          const ledger = openLedger(made.environment.ledger);
          await appendOperations(
            ledger,
            objects.map(({ key }) => ({
              move: 'bench',
              key,
              kind: 'put',
              eventName: 'ObjectCreated:Put',
              eventSource: 'ceph:s3',
            })),
          );
          await ledger.end();
        },
        run: () => migrate(stand, 'replay', '--concurrency', '32', '--environment', file),
      },
    ],
    { rounds, stand, log },
  );
  const [drained] = standings;
  if (!drained) throw new Error('a run is missing');
  const lag = await lagWhileClientsWrite({ stand, scale, log });
  return {
    title: 'Replay',
    work: `${objects.length} operations on as many objects of 4–128 KiB, 32 keys at a time; then ${WRITES_A_SECOND} writes a second for ${lag.seconds} s, from the write's event on S3 to its copy on Ceph, through RGW's notifications, capture and the log.`,
    columns: [...COMMON, 'operations/s'],
    rows: [[...commonCells(drained), (objects.length / medianOf(drained, (run) => run.seconds)).toFixed(0)]],
    goals: [atMost('lag p99, seconds', 5, lag.p99)],
    notes: [
      `Lag: median ${lag.p50.toFixed(2)} s, p99 ${lag.p99.toFixed(2)} s, longest ${lag.longest.toFixed(2)} s, of ${lag.operations} operations. RGW 16 stamps events to the second it was sent in, and delivers them from a queue.`,
    ],
  };
}

type Lag = { operations: number; seconds: number; p50: number; p99: number; longest: number };

async function lagWhileClientsWrite({
  stand,
  scale,
  log,
}: Pick<Bench, 'stand' | 'scale' | 'log'>): Promise<Lag> {
  const seconds = Math.max(5, Math.round(60 * scale));
  const environment = await stand.inCopy();
  const bucket = environment.moves.find(({ name }) => name === 'images')?.sourceBucket ?? '';
  log(`  ${WRITES_A_SECOND} writes a second for ${seconds} s`);
  const prefix = `bench/${Date.now()}/`;
  const started = performance.now();
  const written: Promise<unknown>[] = [];
  for (const [index, { key, size }] of smallObjects(WRITES_A_SECOND * seconds, 4 * KIB, 64 * KIB).entries()) {
    await sleep(Math.max(0, started + (index * 1000) / WRITES_A_SECOND - performance.now()));
    written.push(stand.source.client.put(bucket, `${prefix}${key}`, bytesOf({ key, size })));
  }
  await Promise.all(written);
  const ledger = openLedger(environment.ledger);
  try {
    for (;;) {
      const { rows } = await ledger.query<Lag & { open: number }>(
        `SELECT count(*)::int AS operations, count(*) FILTER (WHERE retired_at IS NULL)::int AS open,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) AS p50,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY lag) AS p99, max(lag) AS longest
         FROM (SELECT retired_at, extract(epoch FROM retired_at - event_time)::float8 AS lag
               FROM operation WHERE key LIKE $1) AS o`,
        [`${prefix}%`],
      );
      const [all] = rows;
      if (all !== undefined && all.operations >= written.length && all.open === 0) return { ...all, seconds };
      await sleep(500);
    }
  } finally {
    await ledger.end();
  }
}
