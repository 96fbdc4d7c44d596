import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe as suite, expect, it } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { claimKey, countClaims, releaseClaims } from '../../../scripts/ledger/claims.ts';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { listProcessReports } from '../../../scripts/ledger/reports.ts';
import { cutShard, releaseShard, syncProgress, takeShard } from '../../../scripts/ledger/shards.ts';
import { RgwAdmin } from '../../../scripts/store/admin.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { compareObjects, describe } from '../../../scripts/store/compare.ts';
import { startSyncRuns } from '../../../scripts/move/sync/start.ts';
import { runWorker } from '../../../scripts/move/sync/worker.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { FaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.ts';
import { fencedUser } from '../../support/fenced-user.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const MIGRATE = path.resolve(import.meta.dirname, '../../../scripts/migrate.ts');
const LIMIT_MS = 60_000;
const never = new AbortController().signal;

let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;

beforeEach(async () => {
  scratch = await (await realServices()).scratch('sync');
  source = await scratch.source();
  target = await scratch.target();
});
afterEach(() => scratch.close());

async function fill(client: StoreClient, bucket: string, keys: readonly string[]): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++]) {
      await client.put(bucket, key, Buffer.from(`body of ${key}`), { metadata: { n: String(next) } });
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `img/${String(index).padStart(5, '0')}`);

async function keysOf(client: StoreClient, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of client.list(bucket)) keys.push(key);
  return keys;
}

async function sync(environment: Environment = scratch.environment): Promise<void> {
  await startSyncRuns(environment, scratch.ledger, { again: true });
  expect(await runWorker(environment, scratch.ledger, never)).toBe('done');
}

/** Cuts the only shard in two: the second one's pages are asked for by a key to begin after. */
async function cutAt(key: string | undefined): Promise<void> {
  const { ledger } = scratch;
  const shard = await takeShard(ledger, { move: 'scratch', owner: 'a test', leaseSeconds: 60 });
  if (shard === null || key === undefined) throw new Error('there is nothing to cut');
  await cutShard(ledger, shard, key);
  await releaseShard(ledger, shard);
}

/** Waits until it is so; fails after a minute with what it was instead. */
async function until<T>(ask: () => Promise<T>, wanted: (value: T) => boolean): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  for (let value = await ask(); !wanted(value); value = await ask()) {
    if (performance.now() > limit) throw new Error(`still ${JSON.stringify(value)}`);
    await sleep(20);
  }
}

suite('sync', () => {
  it('makes the target equal, deletes what the source does not have, and then finds nothing to do', async () => {
    const { sourceBucket, targetBucket, ledger } = scratch;
    await fill(source, sourceBucket, [...AWKWARD_KEYS, '.migration/canary']);
    await fill(target, targetBucket, ['extra', 'a/b', '.migration/ours', 'plain/photo.jpg']);
    await target.put(targetBucket, 'back\\slash', Buffer.from('stale'));
    await sync();
    const progress = await syncProgress(ledger, 'scratch');
    expect(progress).toMatchObject({
      state: 'done',
      objects: AWKWARD_KEYS.length,
      copied: AWKWARD_KEYS.length - 1,
      deleted: 2,
      failed: 0,
      // RGW counts the canary too.
      objectsExpected: AWKWARD_KEYS.length + 1,
    });
    const expected = [...AWKWARD_KEYS, '.migration/ours'];
    expect((await keysOf(target, targetBucket)).sort()).toEqual(expected.sort());
    for (const key of AWKWARD_KEYS.filter((each) => each !== 'plain/photo.jpg')) {
      const [left, right] = await Promise.all([
        describe(source, sourceBucket, key),
        describe(target, targetBucket, key),
      ]);
      expect([key, left && right && compareObjects(left, right)]).toEqual([key, []]);
    }
    await sync();
    expect(await syncProgress(ledger, 'scratch')).toMatchObject({ copied: 0, deleted: 0, failed: 0 });
    expect(await countClaims(ledger, 3600)).toBe(0);
  });

  it('finds a copy in parts whose tags never came, and leaves one that cannot be better', async () => {
    const { sourceBucket, targetBucket, ledger } = scratch;
    const upload = async (key: string, sizes: number[]) => {
      const uploadId = await source.createUpload(sourceBucket, key);
      const parts = [];
      for (const [index, size] of sizes.entries()) {
        const part = { uploadId, partNumber: index + 1, body: randomBytes(size), contentLength: size };
        parts.push({ partNumber: index + 1, etag: await source.uploadPart(sourceBucket, key, part) });
      }
      await source.completeUpload(sourceBucket, key, { uploadId, parts });
      await source.setTags(sourceBucket, key, { kind: 'big' });
    };
    await upload('even', [5 << 20, 1]);
    await upload('uneven', [6 << 20, 5 << 20, 1]);
    await sync();
    await target.setTags(targetBucket, 'even', {});
    await sync();
    expect(await syncProgress(ledger, 'scratch')).toMatchObject({ copied: 1, failed: 0 });
    expect(await target.tags(targetBucket, 'even')).toEqual({ kind: 'big' });
  });

  it.each<[string, Fault]>([
    ['500', { kind: 'error', status: 500 }],
    ['cut', { kind: 'answer-halved' }],
  ])('never takes a failed page of the listing (%s) for the end', async (_how, fault) => {
    const { sourceBucket, targetBucket, environment, ledger } = scratch;
    const keys = numbered(300);
    await fill(source, sourceBucket, keys);
    await fill(target, targetBucket, [...keys.slice(280), 'img/zzz']);
    const isLaterPage = ({ query }: Passing) => query.has('start-after');
    const proxy = await FaultyProxy.before(environment.source.endpoint, (request) =>
      isLaterPage(request) ? fault : null,
    );
    const through = { ...environment, source: { ...environment.source, endpoint: proxy.url } };
    try {
      await startSyncRuns(environment, ledger);
      await cutAt(keys[255]);
      const stop = new AbortController();
      const worker = runWorker(through, ledger, stop.signal);
      await until(
        () => Promise.resolve(proxy.spoiled[fault.kind] ?? 0),
        (failed) => failed >= 2,
      );
      stop.abort();
      expect(await worker).toBe('asked');
      expect(await syncProgress(ledger, 'scratch')).toMatchObject({
        state: 'copying',
        objects: 256,
        deleted: 0,
      });
      expect(await target.head(targetBucket, 'img/zzz')).not.toBeNull();
      expect(await countClaims(ledger, 3600)).toBe(0);
    } finally {
      await proxy.stop();
    }
    expect(await runWorker(environment, ledger, never)).toBe('done');
    expect(await keysOf(target, targetBucket)).toEqual(keys);
  });

  it('shares a bucket among workers, who cut it while they work', async () => {
    const { sourceBucket, targetBucket, ledger, environment } = scratch;
    const keys = numbered(900);
    await fill(source, sourceBucket, keys);
    const sync = { ...environment.sync, concurrency: 4, keysPerShard: 50 };
    await startSyncRuns(environment, ledger);
    const workers = [1, 2, 3].map(() => runWorker({ ...environment, sync }, ledger, never));
    expect(await Promise.all(workers)).toEqual(['done', 'done', 'done']);
    const progress = await syncProgress(ledger, 'scratch');
    expect(progress).toMatchObject({ state: 'done', copied: 900, failed: 0 });
    expect(progress.shards).toBeGreaterThan(2);
    expect(await keysOf(target, targetBucket)).toEqual(keys);
    expect(await countClaims(ledger, 3600)).toBe(0);
  });

  it('leaves a key that replay holds to replay', async () => {
    const { sourceBucket, targetBucket, ledger } = scratch;
    await fill(source, sourceBucket, ['a', 'b', 'c']);
    const claim = { owner: 'replay', epoch: 1n, leaseSeconds: 60, requestSeconds: 1 };
    const held = await claimKey(ledger, { ...claim, move: 'scratch', key: 'b' });
    await sync();
    expect(await keysOf(target, targetBucket)).toEqual(['a', 'c']);
    await releaseClaims(ledger, held === null ? [] : [held]);
  });

  it('records a key that fails, goes on with the rest, and tries again', async () => {
    const { sourceBucket, targetBucket, ledger } = scratch;
    await fill(source, sourceBucket, ['a', 'b', 'c']);
    const control = { Sid: 'Deny', Effect: 'Deny', Principal: '*', Action: ['s3:GetObject'] };
    const policy = (statements: object[]) =>
      source.send({
        method: 'PUT',
        bucket: sourceBucket,
        query: { policy: '' },
        body: Buffer.from(JSON.stringify({ Version: '2012-10-17', Statement: statements })),
      });
    const standing = await source.send({ method: 'GET', bucket: sourceBucket, query: { policy: '' } });
    const { Statement } = JSON.parse(standing.text) as { Statement: object[] };
    await policy([...Statement, { ...control, Resource: [`arn:aws:s3:::${sourceBucket}/b`] }]);
    await startSyncRuns(scratch.environment, ledger);
    const worker = runWorker(scratch.environment, ledger, never);
    await until(
      () => listFailures(ledger),
      (failures) => failures.length > 0,
    );
    expect(await listFailures(ledger)).toMatchObject([{ move: 'scratch', key: 'b', stage: 'sync' }]);
    await policy(Statement);
    expect(await worker).toBe('done');
    expect(await keysOf(target, targetBucket)).toEqual(['a', 'b', 'c']);
    expect(await listFailures(ledger)).toEqual([]);
    // What a retry copied counts too.
    expect(await syncProgress(ledger, 'scratch')).toMatchObject({ objects: 3, copied: 3, failed: 0 });
  });

  it('does nothing once applications write to Ceph', async () => {
    const { sourceBucket, targetBucket, ledger, environment } = scratch;
    await fill(source, sourceBucket, ['a']);
    await fill(target, targetBucket, ['only on Ceph']);
    await startSyncRuns(environment, ledger);
    await ledger.query(`UPDATE move SET writes_go_to = 'target', epoch = epoch + 1`);
    expect(await runWorker(environment, ledger, never)).toBe('superseded');
    await expect(startSyncRuns(environment, ledger)).rejects.toThrow('Applications write to Ceph now');
    expect(await keysOf(target, targetBucket)).toEqual(['only on Ceph']);
  });

  it('is fenced by suspending its user', async () => {
    const { sourceBucket, targetBucket, ledger, environment } = scratch;
    await fill(source, sourceBucket, ['a', 'b']);
    const user = await fencedUser(scratch, 'sync-fenced');
    const admin = await RgwAdmin.open(target.endpoint);
    const targets = Object.fromEntries(Object.keys(environment.targets).map((name) => [name, user.endpoint]));
    const fenced = { ...environment, targets };
    try {
      await startSyncRuns(fenced, ledger);
      await admin.suspendUser(user.uid);
      await expect(runWorker(fenced, ledger, never)).rejects.toThrow('migration-sync is suspended');
      expect(await keysOf(target, targetBucket)).toEqual([]);
      expect(await countClaims(ledger, 3600)).toBe(0);
      await admin.enableUser(user.uid);
      expect(await runWorker(fenced, ledger, never)).toBe('done');
      expect(await keysOf(target, targetBucket)).toEqual(['a', 'b']);
    } finally {
      await admin.close();
      await user.remove();
    }
  });

  it('goes on after a worker was killed: nothing is lost, nothing is left claimed', async () => {
    const { sourceBucket, targetBucket, ledger } = scratch;
    const keys = numbered(600);
    await fill(source, sourceBucket, keys);
    await fill(target, targetBucket, ['img/00300-extra']);
    // Short, because a worker that takes over waits for the lease and the longest request.
    const bounds = { ...scratch.environment.bounds, leaseSeconds: 1.5, requestSeconds: 3 };
    const environment = { ...scratch.environment, bounds };
    await writeFile(scratch.environmentFile, JSON.stringify(environment));
    await startSyncRuns(environment, ledger);
    const start = () => {
      const words = [MIGRATE, 'sync', 'worker', '--environment', scratch.environmentFile];
      return spawn(process.execPath, words, { stdio: 'ignore', env: {} });
    };
    const first = start();
    const ended = once(first, 'exit');
    await until(
      () => syncProgress(ledger, 'scratch'),
      ({ copied }) => copied > 0,
    );
    first.kill('SIGKILL');
    await ended;
    expect((await syncProgress(ledger, 'scratch')).state).toBe('copying');
    const second = start();
    expect(await once(second, 'exit')).toEqual([0, null]);
    expect(await syncProgress(ledger, 'scratch')).toMatchObject({ state: 'done', objects: 600, failed: 0 });
    expect(await keysOf(target, targetBucket)).toEqual(keys);
    expect(await countClaims(ledger, 3600)).toBe(0);
    const [report] = await listProcessReports(ledger);
    expect(report?.script).toBe('sync worker');
    expect(report?.peakRssBytes).toBeGreaterThan(0);
    expect(report?.peakRssBytes).toBeLessThan(200 * 1024 * 1024);
  });

  it('ends when it is asked to, and gives back what it held', async () => {
    const { sourceBucket, ledger } = scratch;
    await fill(source, sourceBucket, numbered(300));
    await startSyncRuns(scratch.environment, ledger);
    const words = [MIGRATE, 'sync', 'worker', '--environment', scratch.environmentFile];
    const worker = spawn(process.execPath, words, { stdio: 'ignore', env: {} });
    const ended = once(worker, 'exit');
    await until(
      () => countClaims(ledger, 3600),
      (claims) => claims > 0,
    );
    worker.kill('SIGTERM');
    expect(await ended).toEqual([143, null]);
    expect(await countClaims(ledger, 3600)).toBe(0);
    const { rows } = await ledger.query('SELECT 1 FROM shard WHERE owner IS NOT NULL');
    expect(rows).toEqual([]);
    expect((await syncProgress(ledger, 'scratch')).state).toBe('copying');
  });
});
