import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { installEvents, removeEvents } from '../../../scripts/object-events/install.ts';
import { ledgerOf } from '../../../scripts/local/places.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { createTopic, deleteTopic } from '../../../scripts/store/topic.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { Receivers } from '../../support/receivers.ts';
import { eventually } from '../replay/support.ts';

const TABLE = new URL('../../../infra/database/food/0010-object-events.sql', import.meta.url);
const URL_OF_RECEIVER = 'http://127.0.0.1:18851/events';

let scratch: Scratch;
let environment: Environment;
let target: StoreClient;
let control: BucketControl;
let receivers: Receivers;

async function health(): Promise<number> {
  const answer = await request(new URL('/health', URL_OF_RECEIVER)).catch(() => null);
  await answer?.body.dump();
  return answer?.statusCode ?? 0;
}
const put = (key: string, body: string) =>
  target.put(scratch.targetBucket, key, Buffer.from(body), { contentLength: Buffer.byteLength(body) });

type Kept = { key: string; kind: string; etag: string | null; size: number | null; principal: string | null };
/** What the table has below a prefix, each key's events in the order in which they happened. */
async function kept(prefix: string): Promise<Kept[]> {
  const { rows } = await scratch.ledger.query<Kept>(
    `SELECT DISTINCT ON (key, sequencer) key, kind, etag, size::int, principal FROM object_event
     WHERE bucket = $1 AND starts_with(key, $2) ORDER BY key, sequencer`,
    [scratch.targetBucket, prefix],
  );
  return rows;
}
const kinds = async (prefix: string) => (await kept(prefix)).map(({ key, kind }) => `${kind} ${key}`);

beforeAll(async () => {
  const services = await realServices();
  scratch = await services.scratch('events');
  await scratch.ledger.query(await readFile(TABLE, 'utf8'));
  environment = {
    ...scratch.environment,
    events: {
      listen: URL_OF_RECEIVER,
      pushEndpoint: URL_OF_RECEIVER,
      // Of this run's own: one whose receiver was gone while events waited may be stuck in RGW for good.
      topic: `storage-test-events-${Date.now()}`,
      database: ledgerOf(scratch.environment),
    },
  };
  const environmentFile = `${scratch.environmentFile}.events`;
  await writeFile(environmentFile, JSON.stringify(environment));
  target = await scratch.target();
  const endpoint = environment.targets[environment.moves[0]?.targetCluster ?? ''];
  if (endpoint === undefined) throw new Error('the scratch has no target');
  control = await BucketControl.open(endpoint, 'applications');
  receivers = new Receivers({
    command: 'events',
    environmentFile,
    database: scratch.ledger,
    answers: async () => (await health()) === 200,
  });
  await Promise.all([receivers.start(), receivers.start()]);
  await installEvents(environment);
  await put('first', 'x');
  // RGW looks for new queues every half a minute or so.
  await eventually('the first event comes through', async () => (await kept('first')).length > 0, 90);
});
afterAll(async () => {
  await removeEvents(environment);
  await expect(control.notificationIds(scratch.targetBucket)).resolves.toEqual([]);
  const { topic = '', pushEndpoint = '' } = environment.events ?? {};
  await deleteTopic(target, await createTopic(target, { name: topic, pushEndpoint, persistent: true }));
  await receivers.stopAll();
  control.close();
  await scratch.close();
});

test('a put, an overwrite and a delete are kept in their order, under the object’s very name', async () => {
  const keys = ['a b+c%41&ü?#/é.jpg', '//x', 'nl\nx', 'q"uo\'te\\b', 'e\u0301', '😀<x>', '%2F+'].map(
    (key) => `order/${key}`,
  );
  for (const key of keys) await put(key, 'v1');
  const { etag } = await put(keys[0]!, 'version 2');
  await target.delete(scratch.targetBucket, keys[0]!);
  await target.deleteMany(scratch.targetBucket, [keys[1]!, keys[2]!]);
  const expected = [
    ...['put', 'put', 'delete'].map((kind) => `${kind} ${keys[0]}`),
    ...[keys[1], keys[2]].flatMap((key) => [`put ${key}`, `delete ${key}`]),
    ...keys.slice(3).map((key) => `put ${key}`),
  ];
  await eventually('all of it', async () => (await kinds('order/')).length === expected.length);
  expect((await kinds('order/')).sort()).toEqual(expected.sort());
  expect((await kept(keys[0]!)).map(({ kind }) => kind)).toEqual(['put', 'put', 'delete']);
  expect((await kept(keys[0]!))[1]).toMatchObject({ etag, size: 9, principal: 'applications' });
});

test('what a receiver had in its hands when it was killed is kept all the same', async () => {
  await receivers.killWithEventInHands(
    'object_event',
    () => put('killed/1', 'x'),
    async () => expect(await kinds('killed/')).toEqual([]),
  );
  await put('killed/2', 'x');
  await eventually('both', async () => (await kinds('killed/')).length === 2);
  await receivers.start();
});

test('receivers that are restarted one after the other lose nothing of what is written meanwhile', async () => {
  const before = receivers.pids;
  let restarted = false;
  const writes = (async () => {
    const written: string[] = [];
    while (!restarted) {
      const key = `restart/${written.length}`;
      await put(key, 'x');
      written.push(`put ${key}`);
    }
    return written;
  })();
  for (const pid of before) {
    await receivers.start();
    expect(await receivers.stop(pid, 'SIGTERM')).toBe(0);
  }
  restarted = true;
  const written = await writes;
  await eventually('all of them', async () => (await kinds('restart/')).length === written.length);
  expect((await kinds('restart/')).sort()).toEqual(written.sort());
});

test('installing it twice leaves one entry, beside those of others', async () => {
  const other = await createTopic(target, {
    name: 'storage-test-other',
    pushEndpoint: 'http://127.0.0.1:9',
    persistent: false,
  });
  await control.mergeNotification(scratch.targetBucket, [
    { id: 'other', kind: 'topic', arn: other, events: ['s3:ObjectCreated:Copy'] },
  ]);
  await installEvents(environment);
  expect((await control.notificationIds(scratch.targetBucket)).sort()).toEqual([
    'other',
    'storage-events-scratch',
  ]);
  await control.removeNotification(scratch.targetBucket, ['other']);
  await deleteTopic(target, other);
});
