import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { startSyncRuns } from '../../../scripts/move/sync/start.ts';
import { FaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.ts';
import { eventually } from '../replay/support.ts';
import { contentsOf, jsonLines, openStores, said, type Stores } from './support.ts';

const KB = 1000;
const OBJECTS = 60;
const BYTES = 50 * KB;

/** What a store has seen of the workers: when, and how many bytes. */
type Seen = { at: number; bytes: number };

let stores: Stores;
let seen: Seen[];
let spoil: (request: Passing) => Fault | null;
/** Before both stores, so that every request of either is counted. */
let proxies: { source: FaultyProxy; target: FaultyProxy };
let environment: Environment;

beforeAll(async () => {
  stores = await openStores('standalone-limits');
  const { scratch } = stores;
  const [cluster = '', target] = Object.entries(scratch.environment.targets)[0] ?? [];
  if (target === undefined) throw new Error('the environment has no target');
  const count = (request: Passing): Fault | null => {
    const bytes = request.method === 'PUT' ? Number(request.headers['content-length'] ?? 0) : 0;
    seen.push({ at: performance.now(), bytes });
    return spoil(request);
  };
  const source = await FaultyProxy.before(scratch.environment.source.endpoint, count);
  proxies = { source, target: await FaultyProxy.before(target.endpoint, count) };
  environment = {
    ...scratch.environment,
    source: { ...scratch.environment.source, endpoint: source.url },
    targets: { ...scratch.environment.targets, [cluster]: { ...target, endpoint: proxies.target.url } },
    // So few that two workers share them.
    sync: { ...scratch.environment.sync, keysPerShard: 10 },
  };
  await writeFile(scratch.environmentFile, JSON.stringify(environment));
});
beforeEach(async () => {
  seen = [];
  spoil = () => null;
  const { source, target, scratch } = stores;
  for (let index = 0; index < OBJECTS; index += 1) {
    const key = `k/${String(index).padStart(3, '0')}`;
    await source.put(scratch.sourceBucket, key, Buffer.alloc(BYTES, index));
    await target.delete(scratch.targetBucket, key);
  }
});
afterAll(async () => {
  await Promise.all([proxies.source.stop(), proxies.target.stop()]);
  await stores.close();
});

/** The most that any stretch of so many seconds saw. */
function mostWithin(seconds: number, pick: (one: Seen) => number): number {
  return Math.max(
    ...seen.map(({ at }) => {
      const inside = seen.filter((other) => other.at >= at && other.at < at + seconds * 1000);
      return inside.reduce((sum, one) => sum + pick(one), 0);
    }),
  );
}

const stack = () => ['--environment', stores.scratch.environmentFile];
const limit = (text: string) => stores.migrate('sync', 'limit', text, ...stack());
async function expectCopied(): Promise<void> {
  const { source, target, scratch } = stores;
  expect(await contentsOf(target, scratch.targetBucket)).toEqual(
    await contentsOf(source, scratch.sourceBucket),
  );
}

// What a worker may save up is a quarter of a second's worth; one request beyond that goes on credit, and a
// busy machine may let what was held back pass a little closer together.
test('bytes a second hold, whatever is copied at once', async () => {
  const through = ['--source-endpoint', proxies.source.url, '--target-endpoint', proxies.target.url];
  const { exitCode, stdout } = await stores.migrate(
    'sync',
    ...stores.options,
    ...through,
    '--limit',
    '600kB/s',
  );
  expect(exitCode).toBe(0);
  expect(mostWithin(2, ({ bytes }) => bytes)).toBeLessThanOrEqual(2 * 600 * KB * 1.5 + 2 * BYTES);
  await expectCopied();
  const lines = jsonLines(stdout).filter(({ type }) => type === 'progress');
  expect(lines.at(-1)).toMatchObject({ objects: OBJECTS, bytes: OBJECTS * BYTES, failed: 0, atOnce: 32 });
  const rates = lines.map((line) => Number(line['bytesPerSecond'])).filter((rate) => rate > 0);
  expect(rates.length).toBeGreaterThan(2);
  expect(lines.some((line) => typeof line['secondsLeft'] === 'number')).toBe(true);
});

test('requests a second hold over two processes, and are changed while they run', async () => {
  const { ledger } = stores.scratch;
  expect((await limit('20req/s')).exitCode).toBe(0);
  await startSyncRuns(environment, ledger, { again: true });
  const workers = [0, 1].map((index) =>
    stores.migrate('sync', 'worker', ...stack(), '--shard', `${index}/2`),
  );
  await eventually('they have asked for a while', () => seen.length >= 130);
  // Until a worker hears of another one, which takes two seconds, it takes all of the limit for itself.
  expect(mostWithin(2, () => 1)).toBeLessThanOrEqual(2 * 20 * 2 + 10);
  const spent = seen.length;
  expect((await limit('none')).exitCode).toBe(0);
  for (const { exitCode } of await Promise.all(workers)) expect(exitCode).toBe(0);
  // What was left took far more than that a second, once it might.
  expect(seen.length - spent).toBeGreaterThan(0);
  await expectCopied();
});

test('a window that is not now does not hold', async () => {
  const hour = (new Date().getUTCHours() + 12) % 24;
  const two = (number: number) => String(number).padStart(2, '0');
  const window = `${two(hour)}:00-${two((hour + 1) % 24 === 0 ? 24 : (hour + 1) % 24)}:00`;
  expect((await limit(`1req/s@${window}`)).exitCode).toBe(0);
  await startSyncRuns(environment, stores.scratch.ledger, { again: true });
  expect((await stores.migrate('sync', 'worker', ...stack())).exitCode).toBe(0);
  expect(mostWithin(2, () => 1)).toBeGreaterThan(20);
  await expectCopied();
});

test('a target that says SlowDown gets less at once, and then more again', async () => {
  let refusals = 0;
  spoil = ({ method }) => (method === 'PUT' && (refusals += 1) <= 40 ? { kind: 'slow-down' } : null);
  const through = ['--source-endpoint', proxies.source.url, '--target-endpoint', proxies.target.url];
  const running = stores.migrate('sync', ...stores.options, ...through, '--limit', 'none');
  await said(running.stdout, /"type":"summary"/);
  const { exitCode, stdout } = await running;
  expect(exitCode).toBe(0);
  const atOnce = jsonLines(stdout).flatMap((line) =>
    line['type'] === 'progress' ? Number(line['atOnce']) : [],
  );
  const least = Math.min(...atOnce);
  expect(least).toBeLessThan(32);
  expect(atOnce.at(-1)).toBeGreaterThan(least);
  await expectCopied();
});
