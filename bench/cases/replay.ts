import os from 'node:os';
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
/** The goal is for the last; the others show from where on this machine is too small for it. */
const WRITES_A_SECOND = [25, 50, 100];
const SECONDS = 60;

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
  const seconds = Math.max(5, Math.round(SECONDS * scale));
  const lags: Lag[] = [];
  for (const rate of WRITES_A_SECOND) lags.push(await lagWhileClientsWrite({ stand, log, rate, seconds }));
  const worst = lags.at(-1);
  if (!worst) throw new Error('a rate is missing');
  return {
    title: 'Replay',
    work: `${objects.length} operations on as many objects of 4–128 KiB, 32 keys at a time; then writes of 4–64 KiB for ${seconds} s at each of several rates, from the write’s event on S3 to its copy on Ceph, through RGW’s notifications, capture and the log.`,
    columns: [...COMMON, 'operations/s'],
    rows: [[...commonCells(drained), (objects.length / medianOf(drained, (run) => run.seconds)).toFixed(0)]],
    goals: [atMost(`lag p99 at ${worst.rate} writes a second, seconds`, 5, worst.p99)],
    notes: [
      ...lags.map(
        (lag) =>
          `${lag.rate} writes a second: lag median ${lag.p50.toFixed(2)} s, p99 ${lag.p99.toFixed(2)} s, longest ${lag.longest.toFixed(2)} s, of ${lag.operations} operations; meanwhile the machine’s processors were busy ${(100 * lag.busy).toFixed(0)} % of the time.`,
      ),
      'RGW 16 stamps events to the second it was sent in, and delivers them from a queue.',
      'Where the processors go, of 22 ms an operation: OSDs 7.8, RGWs 5.1, the kernel’s work for their disks 4.7, migrate 4, PostgreSQL 0.2. The client’s own write and its notification take about 11 more: at 100 a second that is 3.3 of 2 processors, so the log grows for as long as clients write.',
    ],
  };
}

type Lag = {
  rate: number;
  operations: number;
  p50: number;
  p99: number;
  longest: number;
  /** What part of their time the processors worked while clients wrote. */
  busy: number;
};

async function lagWhileClientsWrite({
  stand,
  log,
  rate,
  seconds,
}: Pick<Bench, 'stand' | 'log'> & { rate: number; seconds: number }): Promise<Lag> {
  const environment = await stand.inCopy();
  const bucket = environment.moves.find(({ name }) => name === 'images')?.sourceBucket ?? '';
  log(`  ${rate} writes a second for ${seconds} s`);
  const prefix = `bench/${Date.now()}/`;
  const [started, before] = [performance.now(), processorTimes()];
  const written: Promise<unknown>[] = [];
  for (const [index, { key, size }] of smallObjects(rate * seconds, 4 * KIB, 64 * KIB).entries()) {
    await sleep(Math.max(0, started + (index * 1000) / rate - performance.now()));
    written.push(stand.source.client.put(bucket, `${prefix}${key}`, bytesOf({ key, size })));
  }
  await Promise.all(written);
  const after = processorTimes();
  const busy = 1 - (after.idle - before.idle) / (after.all - before.all);
  const ledger = openLedger(environment.ledger);
  try {
    for (;;) {
      const { rows } = await ledger.query<Omit<Lag, 'rate' | 'busy'> & { open: number }>(
        `SELECT count(*)::int AS operations, count(*) FILTER (WHERE retired_at IS NULL)::int AS open,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY lag) AS p50,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY lag) AS p99, max(lag) AS longest
         FROM (SELECT retired_at, extract(epoch FROM retired_at - event_time)::float8 AS lag
               FROM operation WHERE key LIKE $1) AS o`,
        [`${prefix}%`],
      );
      const [all] = rows;
      if (all !== undefined && all.operations >= written.length && all.open === 0) {
        return { ...all, rate, busy };
      }
      await sleep(500);
    }
  } finally {
    await ledger.end();
  }
}

/** Of all processors together, in milliseconds. */
function processorTimes(): { idle: number; all: number } {
  const times = os.cpus().map((processor) => processor.times);
  const all = times.flatMap((each) => Object.values(each)).reduce((sum, part) => sum + part, 0);
  return { idle: times.reduce((sum, { idle }) => sum + idle, 0), all };
}
