import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startSyncRuns } from '../../../scripts/move/sync/start.ts';
import { FaultyProxy, type Passing } from '../../support/faulty-proxy.ts';
import { etagsOf, MIB, openPair, openUploads, type Pair } from './support.ts';

const MIGRATE = path.resolve(import.meta.dirname, '../../../scripts/migrate.ts');
const PARTS = [5 * MIB, 5 * MIB, 5 * MIB, 5 * MIB, 77];

let pair: Pair;
let etag: string;
beforeAll(async () => {
  pair = await openPair('exact-multipart');
});
beforeEach(async () => {
  await pair.empty();
  etag = await pair.upload('big', PARTS, { metadata: { made: 'in parts' }, tags: { kind: 'big' } });
});
afterAll(() => pair.scratch.close());

const isPart = ({ method, query }: Passing) => method === 'PUT' && query.has('partNumber');

async function assertWhole(): Promise<void> {
  const { target, scratch } = pair;
  expect(await etagsOf(target, scratch.targetBucket)).toEqual({ big: etag });
  expect(await openUploads(target, scratch.targetBucket)).toEqual([]);
  expect(await pair.differences()).toEqual([]);
}

test('parts of one object go side by side', async () => {
  let [under, most] = [0, 0];
  const together = Promise.withResolvers<void>();
  const proxy = await FaultyProxy.before(pair.target.endpoint.endpoint, async (request) => {
    if (!isPart(request)) return null;
    under += 1;
    most = Math.max(most, under);
    // Nobody's part arrives before another one is on its way.
    if (under >= 2) together.resolve();
    await together.promise;
    under -= 1;
    return null;
  });
  try {
    expect(await pair.sync(pair.targetAt(proxy.url))).toMatchObject({ copied: 1, failed: 0 });
  } finally {
    await proxy.stop();
  }
  expect(most).toBeGreaterThanOrEqual(2);
  await assertWhole();
});

test('killed between two parts: the next run leaves no upload open, and the ETag is right', async () => {
  const { scratch, target } = pair;
  const { environment, ledger, targetBucket } = scratch;
  const twoArrived = Promise.withResolvers<void>();
  let parts = 0;
  const proxy = await FaultyProxy.before(target.endpoint.endpoint, async (request) => {
    if (isPart(request) && (parts += 1) > 2) {
      twoArrived.resolve();
      await new Promise(() => undefined); // the one that asked is dead before there is an answer
    }
    return null;
  });
  // Short, because a worker that takes over waits for the lease and the longest request.
  const bounds = { ...environment.bounds, leaseSeconds: 1.5, requestSeconds: 3 };
  const start = async (change: object) => {
    await writeFile(scratch.environmentFile, JSON.stringify({ ...environment, bounds, ...change }));
    const words = [MIGRATE, 'sync', 'worker', '--environment', scratch.environmentFile];
    return spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'], env: {} });
  };
  try {
    await startSyncRuns(environment, ledger, { again: true });
    const first = await start(pair.targetAt(proxy.url));
    const ended = once(first, 'exit');
    await Promise.race([twoArrived.promise, ended]);
    expect(await openUploads(target, targetBucket)).toEqual(['big']);
    first.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await etagsOf(target, targetBucket)).toEqual({});
    const second = await start({});
    expect(await once(second, 'exit')).toEqual([0, null]);
  } finally {
    await proxy.stop();
  }
  await assertWhole();
});

test('killed between the last part and its tags: the next run puts them on', async () => {
  const { scratch, target } = pair;
  await pair.sync();
  // What a process leaves that dies right after it has completed the upload.
  await target.setTags(scratch.targetBucket, 'big', {});
  expect(await pair.sync()).toMatchObject({ copied: 1, failed: 0 });
  expect(await target.tags(scratch.targetBucket, 'big')).toEqual({ kind: 'big' });
  await assertWhole();
});

test('a part that the target refuses: reported, and the upload is aborted', async () => {
  const proxy = await FaultyProxy.before(pair.target.endpoint.endpoint, (request) =>
    isPart(request) && request.query.get('partNumber') === '3'
      ? { kind: 'refused', status: 403, code: 'AccessDenied' }
      : null,
  );
  try {
    expect(await pair.sync(pair.targetAt(proxy.url))).toMatchObject({ copied: 0, failed: 1 });
  } finally {
    await proxy.stop();
  }
  expect(await pair.failures()).toEqual([
    { key: 'big', reason: expect.stringContaining('403 AccessDenied') as unknown },
  ]);
  expect(await openUploads(pair.target, pair.scratch.targetBucket)).toEqual([]);
  await pair.sync();
  await assertWhole();
});
