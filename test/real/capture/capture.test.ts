import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { proveCanary } from '../../../scripts/move/capture/canary.ts';
import { captureTrouble, installCapture, removeCapture } from '../../../scripts/move/capture/notification.ts';
import { notificationId } from '../../../scripts/contract/names.ts';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { canarySilence, listGaps } from '../../../scripts/ledger/gaps.ts';
import { UserError } from '../../../scripts/contract/errors.ts';
import { listProcessReports } from '../../../scripts/ledger/reports.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { createTopic, deleteTopic } from '../../../scripts/store/topic.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { Receivers } from '../../support/receivers.ts';
import { eventually, replay } from '../replay/support.ts';

let scratch: Scratch;
let environment: Environment;
let source: StoreClient;
let target: StoreClient;
let control: BucketControl;
let customersTopic: string;
let receivers: Receivers;

const put = (key: string, body: string, client = source) =>
  client.put(scratch.sourceBucket, key, Buffer.from(body), { contentLength: Buffer.byteLength(body) });
const count = async (sql: string) => (await scratch.ledger.query<{ n: number }>(sql)).rows[0]?.n ?? 0;
const samples = () => count('SELECT count(*)::int AS n FROM lag_sample');
/** Kinds by key, of everything in the log but canaries. */
async function logged(prefix: string): Promise<Record<string, string[]>> {
  const { rows } = await scratch.ledger.query<{ key: string; kinds: string[] }>(
    `SELECT key, array_agg(kind ORDER BY sequencer) AS kinds FROM operation
     WHERE kind <> 'canary' AND starts_with(key, $1) GROUP BY key`,
    [prefix],
  );
  return Object.fromEntries(rows.map(({ key, kinds }) => [key, kinds]));
}

beforeAll(async () => {
  const services = await realServices();
  scratch = await services.scratch('capture');
  // A topic of this run's own: one whose receiver was gone while events waited may be stuck in RGW for good.
  const topic = `storage-test-capture-${Date.now()}`;
  const capture = { kind: 'push' as const, receiver: 'http://127.0.0.1:18841/events', topic };
  environment = {
    ...scratch.environment,
    capture,
    bounds: { ...scratch.environment.bounds, canarySeconds: 0.5 },
  };
  const environmentFile = `${scratch.environmentFile}.capture`;
  writeFileSync(environmentFile, JSON.stringify(environment));
  [source, target] = await Promise.all([scratch.source(), scratch.target()]);
  control = await BucketControl.open(environment.source, 'applications');

  customersTopic = await createTopic(source, {
    name: 'storage-test-customer',
    pushEndpoint: 'http://127.0.0.1:9',
    persistent: false,
  });
  await control.mergeNotification(scratch.sourceBucket, [
    { id: 'customer', kind: 'topic', arn: customersTopic, events: ['s3:ObjectCreated:Copy'] },
  ]);
  receivers = new Receivers({
    command: 'capture',
    environmentFile,
    database: scratch.ledger,
    answers: async () => (await captureTrouble(environment)) === null,
  });
  await Promise.all([receivers.start(), receivers.start()]);
  await installCapture(environment);
  await proveCanary(environment, scratch.ledger, { deadlineSeconds: 60 });
});
afterAll(async () => {
  // From now on nobody puts the entry back; a look that is under way has ended when a canary has come through.
  await scratch.ledger.query(`UPDATE move SET phase = 'none'`);
  await proveCanary(environment, scratch.ledger, { deadlineSeconds: 60 });
  await removeCapture(environment);
  await receivers.stopAll();
  await expect(control.notificationIds(scratch.sourceBucket)).resolves.toEqual(['customer']);
  await control.removeNotification(scratch.sourceBucket, ['customer']);
  await deleteTopic(source, customersTopic);
  control.close();
  await scratch.close();
});

test("our entry is beside the customer's", async () => {
  const ids = await control.notificationIds(scratch.sourceBucket);
  expect(ids.sort()).toEqual(['customer', notificationId(environment.moves[0]!)].sort());
});

test('every write of a client comes through to Ceph, under its very name; our own do not', async () => {
  const keys = [
    'a b+c%41&ü?#/é.jpg',
    '//x',
    'nl\nx',
    'q"uo\'te\\b',
    'tab\tz',
    'e\u0301',
    '😀<x>',
    '%2F+',
  ].map((key) => `e2e/${key}`);
  for (const key of keys) await put(key, 'v1');
  await put(keys[0]!, 'v2');
  await put('e2e/not ours to see', 'x', await scratch.source('migration'));
  await source.delete(scratch.sourceBucket, keys[1]!);
  await source.deleteMany(scratch.sourceBucket, [keys[2]!, keys[3]!]);
  await proveCanary(environment, scratch.ledger, { deadlineSeconds: 20 });
  // The canary says that all of it is in the log: nothing is waited for here.
  expect(await logged('e2e/')).toEqual(
    Object.fromEntries([
      [keys[0], ['put', 'put']],
      ...keys.slice(1, 4).map((key) => [key, ['put', 'delete']]),
      ...keys.slice(4).map((key) => [key, ['put']]),
    ]) as object,
  );
  const result = await replay(environment, scratch.ledger, []);
  expect(result.failedKeys).toBe(0);
  const there = [];
  for await (const { key, etag } of source.list(scratch.sourceBucket, { prefix: 'e2e/' }))
    there.push([key, etag]);
  const here = [];
  for await (const { key, etag } of target.list(scratch.targetBucket, { prefix: 'e2e/' }))
    here.push([key, etag]);
  expect(here).toEqual(there.filter(([key]) => key !== 'e2e/not ours to see'));
});

test('a receiver killed between the push and the commit loses nothing', async () => {
  await receivers.killWithEventInHands(
    'operation',
    () => put('killed/1', 'x'),
    async () => expect(await logged('killed/')).toEqual({}),
  );
  await put('killed/2', 'x');
  await proveCanary(environment, scratch.ledger, { deadlineSeconds: 20 });
  expect(Object.keys(await logged('killed/')).sort()).toEqual(['killed/1', 'killed/2']);
  await receivers.start();
});

test('an entry that somebody takes out of the document is put back, and the gap is recorded until a canary comes through', async () => {
  const { ledger } = scratch;
  expect(await samples()).toBe(0); // in phase none there is nothing to sample
  await ledger.query(`UPDATE move SET phase = 'copy'`);
  const id = notificationId(environment.moves[0]!);
  const gaps = () => listGaps(ledger, 'scratch', 10);
  await eventually('a canary by itself', async () => (await canarySilence(ledger, 'scratch'))! < 2);
  expect(await gaps()).toEqual([]);
  await control.removeNotification(scratch.sourceBucket, [id]);
  await put('gap/lost', 'x');
  await eventually('the entry is there again', async () =>
    (await control.notificationIds(scratch.sourceBucket)).includes(id),
  );
  // RGW looks for the queue of an entry that is new to it every 30 s or so.
  await eventually('the gap has ended', async () => (await gaps())[0]?.endedAt != null, 90);
  expect(await gaps()).toMatchObject([
    {
      move: 'scratch',
      why: `our entry in the notification document of ${scratch.sourceBucket} was missing`,
    },
  ]);
  await put('gap/after', 'x');
  await proveCanary(environment, ledger, { deadlineSeconds: 60 });
  expect(Object.keys(await logged('gap/'))).toContain('gap/after');
  await ledger.query(`UPDATE move SET phase = 'none'`);
});

test('the server keeps the canary and the lag going while capture is at work, and ends on SIGTERM', async () => {
  const { ledger } = scratch;
  const canaries = () => count(`SELECT count(*)::int AS n FROM operation WHERE kind = 'canary'`);
  const sampled = await samples();
  await ledger.query(`UPDATE move SET phase = 'copy'`);
  const before = await canaries();
  await eventually('three canaries by themselves', async () => (await canaries()) >= before + 3);
  await eventually('two samples of the lag', async () => (await samples()) >= sampled + 2);
  const [pid = 0] = receivers.pids;
  expect(await receivers.stop(pid, 'SIGTERM')).toBe(0);
  const reports = await listProcessReports(ledger);
  const own = reports.find(({ owner }) => owner === `capture-${pid}`);
  expect(own?.script).toBe('capture');
  expect(own?.peakRssBytes).toBeLessThan(200 * 1024 * 1024);
});

test('a canary that does not come through fails with what to look at', async () => {
  const proof = proveCanary(environment, scratch.ledger, { deadlineSeconds: 0.001 });
  await expect(proof).rejects.toThrow(UserError);
  await expect(proof).rejects.toThrow(/canary of "scratch" did not come through/);
});
