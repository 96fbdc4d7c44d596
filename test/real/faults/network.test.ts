import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../../scripts/environment.ts';
import { countClaims } from '../../../scripts/ledger/claims.ts';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { appendOperations, replayLag } from '../../../scripts/ledger/operations.ts';
import { runReplay } from '../../../scripts/replay/worker.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { compareObjects, describe as describeObject } from '../../../scripts/store/compare.ts';
import { startSyncRuns } from '../../../scripts/sync/start.ts';
import { runWorker } from '../../../scripts/sync/worker.ts';
import { FaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;
let keys: string[];
const proxies: FaultyProxy[] = [];

beforeEach(async () => {
  scratch = await (await realServices()).scratch('faults');
  source = await scratch.source();
  target = await scratch.target();
  keys = [];
  for (let index = 0; index < 48; index += 1) {
    const key = `img/${String(index).padStart(4, '0')}`;
    // Around what is held in memory, so that both ways of copying are cut.
    const size = index % 24 === 0 ? 3 * MIB : 1000 + index * 500;
    await source.put(scratch.sourceBucket, key, randomBytes(size), { metadata: { number: String(index) } });
    keys.push(key);
  }
  keys.push(await uploadInParts('archive/big', [5 * MIB, 5 * MIB, 1 * MIB]));
});
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  await scratch.close();
});

async function uploadInParts(key: string, sizes: readonly number[]): Promise<string> {
  const bucket = scratch.sourceBucket;
  const uploadId = await source.createUpload(bucket, key);
  const parts = [];
  for (const [index, size] of sizes.entries()) {
    const partNumber = index + 1;
    const body = randomBytes(size);
    const etag = await source.uploadPart(bucket, key, { uploadId, partNumber, body, contentLength: size });
    parts.push({ partNumber, etag });
  }
  await source.completeUpload(bucket, key, { uploadId, parts });
  return key;
}

/** The scratch environment with a proxy before one of its stores. */
async function through(
  side: 'source' | 'target',
  fault: (request: Passing) => Fault | null,
): Promise<{ environment: Environment; proxy: FaultyProxy }> {
  const { environment } = scratch;
  const [cluster = ''] = Object.keys(environment.targets);
  const endpoint = side === 'source' ? environment.source : environment.targets[cluster];
  if (endpoint === undefined) throw new Error(`no ${side}`);
  const proxy = await FaultyProxy.before(endpoint.endpoint, fault);
  proxies.push(proxy);
  const spoiled = { ...endpoint, endpoint: proxy.url };
  return {
    proxy,
    environment:
      side === 'source'
        ? { ...environment, source: spoiled }
        : { ...environment, targets: { ...environment.targets, [cluster]: spoiled } },
  };
}

async function sync(environment: Environment): Promise<void> {
  await startSyncRuns(environment, scratch.ledger, { again: true });
  await runWorker(environment, scratch.ledger, never);
}

/** Nothing is lost, nothing is left in hand, and what a next run would do is nothing. */
async function expectEqualSides(): Promise<void> {
  const { ledger, sourceBucket, targetBucket, environment } = scratch;
  const there: string[] = [];
  for await (const { key } of target.list(targetBucket)) there.push(key);
  expect(there).toEqual(keys.toSorted());
  for (const key of keys) {
    const [left, right] = await Promise.all([
      describeObject(source, sourceBucket, key),
      describeObject(target, targetBucket, key),
    ]);
    if (left === null || right === null) throw new Error(`${key} is missing`);
    expect(compareObjects(left, right), key).toEqual([]);
  }
  expect(await listFailures(ledger)).toEqual([]);
  expect(await countClaims(ledger, 3600)).toBe(0);
  const uploads = [];
  for await (const upload of target.listUploads(targetBucket)) uploads.push(upload);
  expect(uploads).toEqual([]);
  const before = await etags();
  await sync(environment);
  expect(await etags()).toEqual(before);
}

async function etags(): Promise<[string, string, number][]> {
  const all: [string, string, number][] = [];
  for await (const { key, etag, lastModified } of target.list(scratch.targetBucket)) {
    all.push([key, etag, lastModified.getTime()]);
  }
  return all;
}

/** Spoils the first request of a kind, and every so-manieth from it. */
function every(nth: number, which: (request: Passing) => boolean, fault: Fault) {
  let seen = 0;
  return (request: Passing): Fault | null => {
    if (!which(request)) return null;
    seen += 1;
    return (seen - 1) % nth === 0 ? fault : null;
  };
}

const isRead = ({ method, query }: Passing) => method === 'GET' && query.size === 0;
const isWrite = ({ method }: Passing) => method === 'PUT';
const isListing = ({ method, query }: Passing) => method === 'GET' && query.get('list-type') === '2';

const NETWORKS: [string, 'source' | 'target', Parameters<typeof through>[1]][] = [
  ['every answer is late', 'target', every(1, () => true, { kind: 'latency', ms: 40 })],
  ['bodies break off while they are read', 'source', every(7, isRead, { kind: 'answer-cut', bytes: 700 })],
  [
    'long bodies break off late',
    'source',
    every(5, (request) => isRead(request) && request.path.endsWith('big'), {
      kind: 'answer-cut',
      bytes: 4 * MIB,
    }),
  ],
  ['bodies break off while they are sent', 'target', every(7, isWrite, { kind: 'request-cut', bytes: 700 })],
  ['writes happen and nobody says so', 'target', every(9, isWrite, { kind: 'answer-lost' })],
  ['the target says SlowDown to every third', 'target', every(3, () => true, { kind: 'slow-down' })],
  ['the source says SlowDown to every third', 'source', every(3, () => true, { kind: 'slow-down' })],
  ['pages of the listing break off', 'source', every(2, isListing, { kind: 'answer-cut', bytes: 900 })],
  [
    "pages of the target's listing break off",
    'target',
    every(2, isListing, { kind: 'answer-cut', bytes: 90 }),
  ],
];

describe.each(NETWORKS)('%s', (_name, side, fault) => {
  it('sync loses nothing', async () => {
    const { environment, proxy } = await through(side, fault);
    await sync(environment);
    expect(Object.values(proxy.spoiled).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    await expectEqualSides();
  });

  it('replay loses nothing', async () => {
    const { environment } = await through(side, fault);
    await appendOperations(
      scratch.ledger,
      keys.map((key) => ({
        move: 'scratch',
        key,
        kind: 'put',
        eventName: 'ObjectCreated:Put',
        eventSource: 'ceph:s3',
      })),
    );
    await runReplay(environment, { follow: false, concurrency: 8, stop: never });
    expect((await replayLag(scratch.ledger)).operations).toBe(0);
    await expectEqualSides();
  });
});

describe('a burst in which the store refuses everything', () => {
  it('is waited out', async () => {
    let refusals = 0;
    const { environment } = await through('target', ({ method }) =>
      method === 'PUT' && (refusals += 1) < 100 ? { kind: 'slow-down' } : null,
    );
    await sync(environment);
    expect(refusals).toBeGreaterThan(100);
    await expectEqualSides();
  });
});

describe('a listing that fails on its third page', () => {
  it('deletes nothing, and the next run completes', async () => {
    const { ledger, sourceBucket, targetBucket } = scratch;
    for (let index = 0; index < 2400; index += 1) keys.push(`many/${String(index).padStart(5, '0')}`);
    const many = keys.filter((key) => key.startsWith('many/'));
    await Promise.all(
      Array.from({ length: 16 }, async (_, lane) => {
        for (let index = lane; index < many.length; index += 16) {
          const key = many[index] ?? '';
          await source.put(sourceBucket, key, Buffer.from(key));
          await target.put(targetBucket, key, Buffer.from(key));
        }
      }),
    );
    let pages = 0;
    let broken = true;
    const { environment } = await through('source', (request) =>
      broken && isListing(request) && (pages += 1) >= 3 ? { kind: 'slow-down' } : null,
    );
    const failing = sync(environment);
    await expect(failing).rejects.toThrow(/SlowDown|trouble/);
    const there = new Set<string>();
    for await (const { key } of target.list(targetBucket)) there.add(key);
    expect(many.filter((key) => !there.has(key))).toEqual([]);
    expect(await countClaims(ledger, 3600)).toBe(0);
    broken = false;
    await sync(environment);
    await expectEqualSides();
  });
});
