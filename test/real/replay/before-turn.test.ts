import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { readMove } from '../../../scripts/ledger/move.ts';
import { handleKey } from '../../../scripts/move/replay/handle-key.ts';
import { OpenStores } from '../../../scripts/move/replay/stores.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { compareObjects, describe as describeObject } from '../../../scripts/store/compare.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { deletion, eventually, operation, outcomesOf, replay, startProxy } from './support.ts';
import { appendOperations } from '../../../scripts/ledger/operations.ts';
import { runReplay } from '../../../scripts/move/replay/worker.ts';

let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('replay-before');
  [source, target] = await Promise.all([scratch.source(), scratch.target()]);
});
afterAll(() => scratch.close());

const put = (client: StoreClient, key: string, body: string) =>
  client.put(client === source ? scratch.sourceBucket : scratch.targetBucket, key, Buffer.from(body), {
    contentLength: Buffer.byteLength(body),
  });
const read = async (key: string): Promise<string | null> => {
  const found = await target.get(scratch.targetBucket, key);
  return found === null ? null : Buffer.concat(await found.body.toArray()).toString();
};

test('Ceph becomes what S3 is: new, overwritten, deleted, with all that belongs to an object', async () => {
  const { ledger, environment, sourceBucket, targetBucket } = scratch;
  await put(target, 'overwritten', 'v1');
  await put(target, 'deleted', 'v1');
  await put(source, 'overwritten', 'v2');
  const body = Buffer.from('new');
  await source.put(sourceBucket, 'new', body, {
    contentLength: body.length,
    headers: { contentType: 'image/jpeg', cacheControl: 'max-age=60', contentDisposition: 'inline' },
    metadata: { camera: 'ü x' },
    tags: { kind: 'dish', 'a b': 'c&d' },
  });
  const result = await replay(environment, ledger, [
    operation('new'),
    operation('overwritten'),
    deletion('deleted'),
  ]);
  expect(result).toEqual({ outcomes: { copied: 2, deleted: 1 }, failedKeys: 0 });
  expect([await read('new'), await read('overwritten'), await read('deleted')]).toEqual(['new', 'v2', null]);
  const [there, here] = await Promise.all([
    describeObject(source, sourceBucket, 'new'),
    describeObject(target, targetBucket, 'new'),
  ]);
  expect(there !== null && here !== null && compareObjects(there, here)).toEqual([]);
  expect(here).toMatchObject({
    tags: { kind: 'dish', 'a b': 'c&d' },
    head: { metadata: { camera: 'ü x' }, headers: { contentType: 'image/jpeg', cacheControl: 'max-age=60' } },
  });
});

test('awkward keys', async () => {
  const keys = [
    'a b+c%41&ü?#/é.jpg',
    '//double',
    'nl\nx',
    'e\u0301',
    '😀<x>',
    `l${'o'.repeat(1000)}ng`,
    'dir/',
    '+',
    '../up',
  ];
  for (const key of keys) await put(source, key, `of ${key}`);
  const result = await replay(
    scratch.environment,
    scratch.ledger,
    keys.map((key) => operation(key)),
  );
  expect(result).toEqual({ outcomes: { copied: keys.length }, failedKeys: 0 });
  for (const key of keys) expect(await read(key)).toBe(`of ${key}`);
  for (const key of keys) await source.delete(scratch.sourceBucket, key);
  await replay(
    scratch.environment,
    scratch.ledger,
    keys.map((key) => deletion(key)),
  );
  for (const key of keys) expect(await read(key)).toBeNull();
});

test('doubled and re-ordered events do no harm: the truth is what S3 has', async () => {
  await put(source, 'there', 'now');
  await put(target, 'gone', 'long ago');
  const [early, late] = [operation('there'), operation('there')];
  const result = await replay(scratch.environment, scratch.ledger, [
    late,
    deletion('there', { sequencer: '0' }),
    early,
    late,
    deletion('gone'),
    operation('gone', { sequencer: '0' }),
  ]);
  expect(result).toEqual({ outcomes: { copied: 4, deleted: 2 }, failedKeys: 0 });
  expect([await read('there'), await read('gone')]).toEqual(['now', null]);
  const again = await replay(scratch.environment, scratch.ledger, [early, late]);
  expect(again).toEqual({ outcomes: { equal: 2 }, failedKeys: 0 });
});

test("what a rule of the source's own expired goes, and what a client wrote again since stays", async () => {
  await put(target, 'expired', 'gone');
  await put(target, 'expired and written again', 'old');
  await put(source, 'expired and written again', 'new');
  const expiry = (key: string) => operation(key, { kind: 'expire', eventName: 'LifecycleExpiration:Delete' });
  await replay(scratch.environment, scratch.ledger, [expiry('expired'), expiry('expired and written again')]);
  expect([await read('expired'), await read('expired and written again')]).toEqual([null, 'new']);
  expect(await outcomesOf(scratch.ledger, 'expired')).toEqual(['deleted']);
});

test('a change of tags alone is carried over', async () => {
  await put(source, 'tagged', 'x');
  await replay(scratch.environment, scratch.ledger, [operation('tagged')]);
  await source.setTags(scratch.sourceBucket, 'tagged', { now: 'tagged' });
  await replay(scratch.environment, scratch.ledger, [
    operation('tagged', { eventName: 'ObjectTagging:Put' }),
  ]);
  expect(await outcomesOf(scratch.ledger, 'tagged')).toEqual(['copied', 'copied']);
  await expect(target.tags(scratch.targetBucket, 'tagged')).resolves.toEqual({ now: 'tagged' });
});

test('a missing bucket is trouble, never the deletion of all that is in it', async () => {
  await put(target, 'precious', 'x');
  const [move] = scratch.environment.moves;
  const moves = [{ ...move!, sourceBucket: 'scratch-there-is-no-such-bucket' }];
  const result = await replay({ ...scratch.environment, moves }, scratch.ledger, [deletion('precious')]);
  expect(result).toEqual({ outcomes: {}, failedKeys: 1 });
  expect(await read('precious')).toBe('x');
  expect(await listFailures(scratch.ledger)).toMatchObject([
    { key: 'precious', stage: 'replay', reason: expect.stringContaining('NoSuchBucket') as string },
  ]);
});

test('a key that keeps failing holds nobody up, and is off the list when it goes well', async () => {
  const { ledger, environment } = scratch;
  await put(source, 'beside', 'x');
  await ledger.query('UPDATE failed_key SET next_at = now()');
  const result = await replay(environment, ledger, [
    operation('unknown', { move: 'not-there' }),
    operation('beside'),
  ]);
  // The one that failed before is among them: its bucket is there again.
  expect(result).toEqual({ outcomes: { copied: 1, deleted: 1 }, failedKeys: 1 });
  expect(await listFailures(ledger)).toMatchObject([{ move: 'not-there', key: 'unknown' }]);
  await ledger.query(`DELETE FROM operation WHERE move = 'not-there'`);
});

test('a worker of an older epoch does nothing, and one that was overtaken retires nothing', async () => {
  const { ledger, environment, targetBucket } = scratch;
  await put(source, 'epoch', 'x');
  await appendOperations(ledger, [operation('epoch')]);
  const move = await readMove(ledger);
  const clients = new OpenStores(environment, 1);
  const lease = { owner: 'test', leaseSeconds: 5, requestSeconds: 0 };
  const context = { ledger, clients, lease, move, claims: { assertLive: () => undefined } };
  const where = { move: 'scratch', key: 'epoch' };
  try {
    await ledger.query('UPDATE move SET epoch = epoch + 1');
    await expect(handleKey(context, where)).resolves.toEqual({ result: 'later' });
    await expect(target.head(targetBucket, 'epoch')).resolves.toBeNull();

    const overtaken = {
      ...context,
      move: await readMove(ledger),
      clients: {
        of: async (...args: Parameters<OpenStores['of']>) => {
          await ledger.query('UPDATE move SET epoch = epoch + 1');
          return clients.of(...args);
        },
      },
    };
    await expect(handleKey(overtaken, where)).resolves.toEqual({ result: 'lease-lost' });
    expect(await outcomesOf(ledger, 'epoch')).toEqual([null]);
    await ledger.query('DELETE FROM claim');
  } finally {
    await clients.close();
  }
  await replay(environment, ledger, []);
  expect(await outcomesOf(ledger, 'epoch')).toEqual(['equal']);
});

test('a suspended user is waited for, not counted as trouble with a key', async () => {
  const { ledger, environment } = scratch;
  const [cluster, endpoint] = Object.entries(environment.targets)[0]!;
  let refused = 0;
  let suspended = true;
  const proxy = await startProxy(endpoint.endpoint, (request, response) => {
    if (!suspended) return false;
    refused += 1;
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(request.method === 'HEAD' ? '' : '<Error><Code>UserSuspended</Code></Error>');
    return true;
  });
  const stop = new AbortController();
  try {
    await put(source, 'suspended', 'x');
    await appendOperations(ledger, [operation('suspended')]);
    const targets = { ...environment.targets, [cluster]: { ...endpoint, endpoint: proxy.url } };
    const running = runReplay(
      { ...environment, targets },
      { follow: true, concurrency: 2, stop: stop.signal },
    );
    await eventually('the target refused more than once', () => refused > 4);
    expect((await listFailures(ledger)).filter(({ key }) => key === 'suspended')).toEqual([]);
    suspended = false;
    await eventually('replayed', async () => (await outcomesOf(ledger, 'suspended'))[0] === 'copied');
    stop.abort();
    await running;
    expect(await read('suspended')).toBe('x');
  } finally {
    stop.abort();
    await proxy.close();
  }
});
