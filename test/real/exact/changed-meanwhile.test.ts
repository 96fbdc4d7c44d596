import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { etagsOf, MIB, openPair, openUploads, type Pair } from './support.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await openPair('exact-changed');
});
beforeEach(() => pair.empty());
afterAll(() => pair.scratch.close());

const KEY = 'in motion';

/**
 * Syncs while somebody does something to the object right before its bytes are asked for the n-th time: it was
 * listed before the first time, and is in the middle of being copied at every other.
 */
async function syncWhile(nth: number, change: () => Promise<unknown>) {
  let reads = 0;
  const proxy = await FaultyProxy.before(pair.source.endpoint.endpoint, async ({ method, path, query }) => {
    const isBody = method === 'GET' && decodeURIComponent(path).endsWith(`/${KEY}`) && query.size === 0;
    if (isBody && (reads += 1) === nth) await change();
    return null;
  });
  try {
    const progress = await pair.sync(pair.sourceAt(proxy.url));
    expect(reads).toBeGreaterThanOrEqual(nth);
    return progress;
  } finally {
    await proxy.stop();
  }
}

/** Whatever happened: the target is what the source is now, whole, and nothing is left begun. */
async function assertSame(): Promise<void> {
  const { source, target, scratch } = pair;
  const there = await etagsOf(source, scratch.sourceBucket);
  expect(await etagsOf(target, scratch.targetBucket)).toEqual(there);
  expect(await pair.differences()).toEqual([]);
  expect(await openUploads(target, scratch.targetBucket)).toEqual([]);
  expect(await pair.failures()).toEqual([]);
}

const remove = () => pair.source.delete(pair.scratch.sourceBucket, KEY);
const PARTS = [5 * MIB, 5 * MIB, 5 * MIB, 1];

test.each([
  ['a few bytes', 10],
  ['a stream', 3 * MIB],
])('overwritten between list and copy (%s)', async (_how, size) => {
  await pair.put(KEY, randomBytes(size), { metadata: { v: '1' } });
  const newer = randomBytes(size);
  await syncWhile(1, () => pair.put(KEY, newer, { metadata: { v: '2' } }));
  await assertSame();
});

test('deleted between list and copy, and the target has an older one: that goes too', async () => {
  await pair.put(KEY, 'older');
  await pair.sync();
  await pair.put(KEY, 'newer');
  expect(await syncWhile(1, remove)).toMatchObject({ copied: 0, deleted: 1 });
  expect(await etagsOf(pair.target, pair.scratch.targetBucket)).toEqual({});
  await assertSame();
});

test('a stream: overwritten after its beginning was read', async () => {
  await pair.put(KEY, randomBytes(3 * MIB));
  await syncWhile(2, () => pair.put(KEY, randomBytes(3 * MIB)));
  await assertSame();
});

/** Reads of an object in parts whose sizes its source does not tell: one for all of it, then one a part. */
const AMID_PARTS = 4;

test('in parts: overwritten in the middle by one in the same parts, by a small one, and deleted', async () => {
  await pair.upload(KEY, PARTS);
  await syncWhile(AMID_PARTS, () => pair.upload(KEY, PARTS));
  await assertSame();
  await pair.empty();
  await pair.upload(KEY, PARTS);
  await syncWhile(AMID_PARTS, () => pair.put(KEY, 'small now', { tags: { kind: 'small' } }));
  await assertSame();
  await pair.empty();
  await pair.upload(KEY, PARTS);
  await syncWhile(AMID_PARTS, remove);
  expect(await etagsOf(pair.target, pair.scratch.targetBucket)).toEqual({});
  await assertSame();
});

test('overwritten without end: reported as what changes under the copy, and nothing torn is left', async () => {
  await pair.put(KEY, randomBytes(2 * MIB));
  await pair.put('still', 'x');
  const { source, scratch } = pair;
  const proxy = await FaultyProxy.before(source.endpoint.endpoint, async ({ method, path, headers }) => {
    // Each time that the copy has seen one state, another one is there before it reads it.
    const again = method === 'GET' && decodeURIComponent(path).endsWith(`/${KEY}`);
    if (again && headers['if-match'] !== undefined) await pair.put(KEY, randomBytes(2 * MIB));
    return null;
  });
  try {
    expect(await pair.sync(pair.sourceAt(proxy.url))).toMatchObject({ copied: 1, failed: 1 });
  } finally {
    await proxy.stop();
  }
  expect(await pair.failures()).toEqual([
    { key: KEY, reason: expect.stringContaining('412 PreconditionFailed') as unknown },
  ]);
  expect(Object.keys(await etagsOf(pair.target, scratch.targetBucket))).toEqual(['still']);
  await pair.sync();
  await assertSame();
});
