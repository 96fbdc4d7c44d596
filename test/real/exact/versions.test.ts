import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { preflight } from '../../../scripts/move/preflight/preflight.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { startSyncRuns } from '../../../scripts/move/sync/start.ts';
import { runWorker } from '../../../scripts/move/sync/worker.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { operation, replay } from '../replay/support.ts';
import { MIB, openPair, standalone, type Pair } from './support.ts';

type Side = 'source' | 'target';

let pair: Pair;
beforeAll(async () => {
  pair = await openPair('exact-versions');
});
beforeEach(async () => {
  await pair.empty();
  await versioning('source', false);
  await versioning('target', true);
});
afterAll(() => pair.scratch.close());

const VERSIONS = { versions: true };
const never = new AbortController().signal;
const bucketOf = (side: Side) => (side === 'source' ? pair.scratch.sourceBucket : pair.scratch.targetBucket);
const remove = (key: string) => pair.source.delete(pair.scratch.sourceBucket, key);

async function versioning(side: Side, enabled: boolean): Promise<void> {
  const control = await BucketControl.open(pair[side].endpoint, 'applications');
  await control.setVersioning(bucketOf(side), enabled);
  control.close();
}

/** Every key's history, oldest first: each version with all that belongs to it. */
async function historiesOf(client: StoreClient, bucket: string): Promise<Record<string, unknown[]>> {
  const histories: Record<string, unknown[]> = {};
  for await (const { key, versionId, isDeleteMarker } of client.listVersions(bucket)) {
    const head = isDeleteMarker ? null : await client.head(bucket, key, { versionId });
    const version =
      head === null
        ? 'deleted'
        : {
            etag: head.etag,
            headers: head.headers,
            metadata: head.metadata,
            tags: await client.tags(bucket, key, { versionId }),
            grants: await client.grants(bucket, key, { versionId }),
          };
    (histories[key] ??= []).unshift(version);
  }
  return histories;
}
const onSource = () => historiesOf(pair.source, pair.scratch.sourceBucket);
const onTarget = () => historiesOf(pair.target, pair.scratch.targetBucket);

/** The versions of one key of the source, newest first. */
async function idsOf(key: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { versionId } of pair.source.listVersions(bucketOf('source'), { key }))
    ids.push(versionId);
  return ids;
}

/** A bucket that has lived: from before it was versioned, through a time when that was suspended. */
async function live(): Promise<void> {
  await pair.put('k/ü +', 'from before', { metadata: { n: '0' } });
  await pair.put('untouched', 'x');
  await versioning('source', true);
  await pair.put('k/ü +', 'first', { metadata: { n: 'é' }, tags: { t: 'ö' }, acl: 'public-read' });
  await pair.put('k/ü +', 'second', { headers: { contentType: 'image/png', expires: 'never' } });
  await remove('k/ü +');
  await pair.put('k/ü +', 'third');
  // The same bytes again and again, told apart by nothing but their metadata.
  for (const n of ['1', '2', '1', '3']) await pair.put('twins', 'same', { metadata: { n } });
  await pair.upload('parts', [5 * MIB, 1], { metadata: { v: '1' }, tags: { v: '1' } });
  await pair.upload('parts', [5 * MIB, 5 * MIB], { metadata: { v: '2' }, tags: { v: '2', w: '2' } });
  await pair.put('deleted', 'x');
  await remove('deleted');
  await remove('never there');
  await pair.put('middle', 'one');
  await versioning('source', false);
  await pair.put('middle', 'null');
  await pair.put('suspended and deleted', 'x');
  await remove('suspended and deleted');
  await versioning('source', true);
  await pair.put('middle', 'three');
  await pair.put('k/ü +', 'latest');
}

test('without being asked for more, the current state moves; preflight says that there is history, and how much', async () => {
  await live();
  expect(await pair.sync()).toMatchObject({ copied: 5, deleted: 0, failed: 0 });
  expect(await pair.differences()).toEqual([]);
  const lengths = Object.entries(await onTarget()).map(([key, { length }]) => [key, length]);
  expect(lengths).toEqual(['k/ü +', 'middle', 'parts', 'twins', 'untouched'].map((key) => [key, 1]));
  const found = await preflight(pair.scratch.environment, pair.scratch.ledger);
  // Four of one key, two of another, three times 4 bytes, one object of parts, and what was deleted.
  const bytes = 11 + 5 + 6 + 5 + 3 + 4 + 12 + (5 * MIB + 1) + 1;
  expect(found.map(({ message }) => message)).toContainEqual(
    `the bucket is versioned: of the first 20 versions 11 are not the latest (${bytes} bytes) and 4 are delete markers. ` +
      'Only the latest moves, the rest is gone with S3 after retire; migrate sync --versions carries all of it, into a bucket that is versioned',
  );
});

test('--versions carries the history in order, whole; the current state is equal; a second run adds nothing', async () => {
  await live();
  const there = await onSource();
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ objects: 8, copied: 20, deleted: 0, failed: 0 });
  expect(await onTarget()).toEqual(there);
  expect(await pair.differences()).toEqual([]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ objects: 8, copied: 0, deleted: 0, failed: 0 });
  expect(await onTarget()).toEqual(there);

  // What comes later is added to it, and what the source's own rules expire is kept.
  await pair.put('untouched', 'touched');
  await remove('twins');
  const oldest = (await idsOf('parts')).at(-1) ?? '';
  await pair.source.delete(bucketOf('source'), 'parts', { versionId: oldest });
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 2, deleted: 0, failed: 0 });
  expect(await onTarget()).toEqual({ ...(await onSource()), parts: there['parts'] });
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, failed: 0 });
});

test('where the current state came first, the history is written above it; tags that were lost come back', async () => {
  await live();
  await pair.sync();
  const there = await onSource();
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ failed: 0, deleted: 0 });
  // The same bytes are there with other metadata: that is another version.
  expect((await onTarget())['twins']).toEqual([there['twins']?.at(-1), ...(there['twins'] ?? [])]);
  expect((await onTarget())['untouched']).toEqual(there['untouched']);
  expect(await pair.differences()).toEqual([]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, failed: 0 });

  // What a process leaves that dies between the last part of a version and its tags.
  const bucket = bucketOf('target');
  const versions: string[] = [];
  for await (const { versionId } of pair.target.listVersions(bucket, { key: 'parts' }))
    versions.push(versionId);
  const before = (await onTarget())['parts'];
  await pair.target.setTags(bucket, 'parts', {}, { versionId: versions[1] });
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, failed: 0 });
  expect((await onTarget())['parts']).toEqual(before);
});

test('page by page, whatever keys are called, and where one has more versions than a page', async () => {
  await versioning('source', true);
  const deep = AWKWARD_KEYS[3] ?? '';
  for (const [index, key] of AWKWARD_KEYS.entries()) {
    const count = key === deep ? 9 : 1 + (index % 3);
    for (let n = 0; n < count; n += 1) await pair.put(key, `${key} ${n}`);
  }
  const { sync } = pair.scratch.environment;
  const small = { sync: { ...sync, keysPerShard: 3 } };
  const objects = AWKWARD_KEYS.length;
  expect(await pair.sync(small, VERSIONS)).toMatchObject({ objects, failed: 0 });
  expect(await onTarget()).toEqual(await onSource());
  expect((await onTarget())[deep]).toHaveLength(9);
  expect(await pair.sync(small, VERSIONS)).toMatchObject({ objects, copied: 0, failed: 0 });
});

test('stopped in the middle of a history, the next worker goes on there: no version twice, none left out', async () => {
  await versioning('source', true);
  for (let n = 0; n < 6; n += 1) await pair.put('k', `body ${n}`);
  await remove('k');
  await pair.put('k', 'latest');
  const { environment, ledger } = pair.scratch;
  const stop = new AbortController();
  let writes = 0;
  const proxy = await FaultyProxy.before(pair.target.endpoint.endpoint, ({ method }) => {
    if (method !== 'PUT' || (writes += 1) <= 3) return null;
    stop.abort();
    return { kind: 'error', status: 500 };
  });
  try {
    const through = { ...environment, ...standalone(VERSIONS), ...pair.targetAt(proxy.url) };
    await startSyncRuns(through, ledger, { again: true, ...VERSIONS });
    expect(await runWorker(through, ledger, stop.signal)).toBe('asked');
  } finally {
    await proxy.stop();
  }
  expect((await onTarget())['k']).toEqual((await onSource())['k']?.slice(0, 3));
  // The next process need not know what the run was begun with.
  expect(await runWorker(environment, ledger, never)).toBe('done');
  expect(await onTarget()).toEqual(await onSource());
});

test('a write that got no answer and lands late: the version is there twice, but before the next one', async () => {
  await versioning('source', true);
  for (const n of [1, 2, 3]) await pair.put('k', `body ${n}`);
  let writes = 0;
  const proxy = await FaultyProxy.before(pair.target.endpoint.endpoint, ({ method }) =>
    method === 'PUT' && (writes += 1) === 2 ? { kind: 'late', ms: 700 } : null,
  );
  // So long it may take to land at most.
  const bounds = { ...pair.scratch.environment.bounds, requestSeconds: 2 };
  try {
    await pair.sync({ ...pair.targetAt(proxy.url), bounds }, VERSIONS);
  } finally {
    await proxy.stop();
  }
  const [first, second, third] = (await onSource())['k'] ?? [];
  expect((await onTarget())['k']).toEqual([first, second, second, third]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, failed: 0 });
});

test('a version that cannot be read is reported by name, those after it come over; later it comes, too', async () => {
  await versioning('source', true);
  for (const n of [1, 2, 3]) await pair.put('k', `body ${n}`);
  await pair.put('other', 'x');
  const [, archived = ''] = await idsOf('k');
  const proxy = await FaultyProxy.before(pair.source.endpoint.endpoint, ({ method, query }) =>
    method === 'GET' && query.get('versionId') === archived && !query.has('acl')
      ? { kind: 'refused', status: 403, code: 'InvalidObjectState' }
      : null,
  );
  try {
    expect(await pair.sync(pair.sourceAt(proxy.url), VERSIONS)).toMatchObject({ failed: 1 });
  } finally {
    await proxy.stop();
  }
  const [failure, ...more] = await pair.failures();
  expect([failure?.key, more]).toEqual(['k', []]);
  expect(failure?.reason).toContain(`1 of 3 versions could not be carried; the first is ${archived} of `);
  expect(failure?.reason).toContain('403 InvalidObjectState');
  const there = await onSource();
  const [first, second, third] = there['k'] ?? [];
  expect(await onTarget()).toEqual({ ...there, k: [first, third] });
  expect(await pair.differences()).toEqual([]);
  // In order, above what the target had: nothing of that is taken away.
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 2, failed: 0 });
  expect((await onTarget())['k']).toEqual([first, third, second, third]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, failed: 0 });
});

test('replay moves the current state alone; the next --versions brings what it skipped, and a foreign last word goes', async () => {
  const { environment, ledger } = pair.scratch;
  await versioning('source', true);
  await pair.put('k', 'first');
  await pair.sync({}, VERSIONS);
  await pair.put('k', 'second');
  await pair.put('k', 'third');
  expect((await replay(environment, ledger, [operation('k'), operation('k')])).failedKeys).toBe(0);
  const [first, second, third] = (await onSource())['k'] ?? [];
  expect((await onTarget())['k']).toEqual([first, third]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 2, failed: 0 });
  expect((await onTarget())['k']).toEqual([first, third, second, third]);

  await pair.target.put(bucketOf('target'), 'k', Buffer.from('foreign'));
  await pair.target.put(bucketOf('target'), 'extra', Buffer.from('foreign'));
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 1, deleted: 1, failed: 0 });
  expect(await pair.differences()).toEqual([]);
  expect(await pair.sync({}, VERSIONS)).toMatchObject({ copied: 0, deleted: 0, failed: 0 });
});

test('refused where the history would be lost or misread: an unversioned bucket, half of a run, a stack', async () => {
  const { environment, ledger } = pair.scratch;
  await expect(startSyncRuns(environment, ledger, VERSIONS)).rejects.toThrow(
    '--versions is for two endpoints (--source, --target): in the move of the stack "local"',
  );
  await versioning('target', false);
  await expect(pair.sync({}, VERSIONS)).rejects.toThrow(
    /is not versioned, so --versions would keep the latest version alone there\. Switch it on: aws s3api put-bucket-versioning/,
  );
  await versioning('target', true);
  await startSyncRuns(environment, ledger, { again: true });
  await expect(pair.sync({}, VERSIONS)).rejects.toThrow('was begun without --versions: let it end first');
  await pair.sync();
  const alone = { ...environment, ...standalone(VERSIONS) };
  await startSyncRuns(alone, ledger, { again: true, ...VERSIONS });
  await versioning('target', false);
  await expect(runWorker(environment, ledger, never)).rejects.toThrow('is not versioned');
});
