import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CANARY_KEY, notificationId } from '../../../../scripts/contract/names.ts';
import type { Environment, Move } from '../../../../scripts/contract/environment.ts';
import { AWS_EVENTS } from '../../../../scripts/contract/event-names.ts';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { listGaps } from '../../../../scripts/ledger/gaps.ts';
import { appendOperations } from '../../../../scripts/ledger/operations.ts';
import { CaptureWatch } from '../../../../scripts/move/capture/watch.ts';
import { watches } from '../../../../scripts/move/capture/heartbeat.ts';
import type { BucketControl, NotificationEntry } from '../../../../scripts/store/control.ts';
import { mergeEntries, notificationEntry, type Entry } from '../../../../scripts/store/documents.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:storage-capture';
const SETTLED_MS = 300_000;

let ledger: Pool;
let close: () => Promise<void>;
let environment: Environment;
let move: Move;
let now: number;
/** The bucket's notification document. */
let entries: Entry[];
let watch: CaptureWatch;
let canaries = 0;

beforeAll(async () => {
  ({ ledger, close } = await openEmbeddedLedger());
}, EMBEDDED_LIMIT_MS);
afterAll(() => close());

const ours = (change: Partial<NotificationEntry> = {}) =>
  notificationEntry({
    id: notificationId(move),
    kind: 'queue',
    arn: QUEUE,
    events: [...AWS_EVENTS],
    ...change,
  });

beforeEach(async () => {
  await ledger.query('TRUNCATE operation, capture_gap');
  environment = exampleEnvironment();
  environment.source.kind = 'aws';
  environment.capture = {
    kind: 'sqs',
    queueArn: QUEUE,
    queueUrl: 'https://sqs.example/q',
    region: 'eu-west-1',
  };
  move = environment.moves[0] as Move;
  now = 0;
  entries = [ours()];
  const control = {
    notifications: () => Promise.resolve(entries),
    mergeNotification: (_bucket: string, wanted: NotificationEntry[]) => {
      entries = mergeEntries(entries, wanted.map(notificationEntry));
      return Promise.resolve({ before: null });
    },
  };
  watch = new CaptureWatch(environment, ledger, control as unknown as BucketControl, () => now);
  await comesThrough('first');
});

/** The event of a canary is stored. */
function comesThrough(etag: string): Promise<void> {
  return appendOperations(ledger, [
    {
      move: 'images',
      key: CANARY_KEY,
      kind: 'canary',
      eventName: 'ObjectCreated:Put',
      eventSource: 'aws:s3',
      etag,
    },
  ]);
}

/** What the heartbeat does: a look, then a canary. */
async function beat(): Promise<string> {
  await watch.look(move);
  const etag = `canary-${(canaries += 1)}`;
  watch.wrote(move, etag);
  return etag;
}

const gaps = async () =>
  (await listGaps(ledger, 'images', 10)).map(({ why, endedAt }) => [why, endedAt !== null]);

test('while our entry stands and canaries come through, nothing is recorded', async () => {
  await comesThrough(await beat());
  await beat();
  expect(await gaps()).toEqual([]);
});

test.each<[string, () => Entry[], string]>([
  ['missing', () => [], 'was missing'],
  ['sent elsewhere', () => [ours({ arn: `${QUEUE}-other` })], 'had been changed'],
  ['deaf to removals', () => [ours({ events: ['s3:ObjectCreated:*'] })], 'had been changed'],
  [
    'narrowed by a filter',
    () => [
      {
        ...ours(),
        text: ours().text.replace(
          '</QueueConfiguration>',
          '<Filter><S3Key><FilterRule><Name>prefix</Name><Value>a</Value></FilterRule></S3Key></Filter></QueueConfiguration>',
        ),
      },
    ],
    'had been changed',
  ],
])('an entry that is %s is put back at once, and the gap recorded', async (_name, standing, why) => {
  const customers: Entry = { id: 'customer', text: ours({ id: 'customer', arn: 'arn:x' }).text };
  entries = [customers, ...standing()];
  await beat();
  expect(entries).toEqual([customers, ours()]);
  expect(await gaps()).toEqual([[`our entry in the notification document of images-on-s3 ${why}`, false]]);
  const [gap] = await listGaps(ledger, 'images', 1);
  const { rows } = await ledger.query<{ at: Date }>('SELECT received_at AS at FROM operation');
  expect(gap?.beganAt).toEqual(rows[0]?.at);
});

test('the gap ends with a canary that was written when S3 had heeded the entry, and not with an older one', async () => {
  entries = [];
  const atOnce = await beat();
  await comesThrough(atOnce);
  const early = await beat();
  await comesThrough(early);
  await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), false]]);
  now += SETTLED_MS;
  const late = await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), false]]);
  await comesThrough(late);
  await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), true]]);
});

test('an entry that is lost again while the gap is open needs a new canary', async () => {
  entries = [];
  await beat();
  now += SETTLED_MS;
  await beat();
  now += SETTLED_MS;
  const before = await beat();
  entries = [];
  await beat();
  await comesThrough(before);
  await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), false]]);
});

test('silence is a gap: no canary came through for longer than the bound', async () => {
  now += SETTLED_MS;
  const before = await beat();
  await ledger.query(`UPDATE operation SET received_at = received_at - interval '181 seconds'`);
  await beat();
  expect(await gaps()).toEqual([['no canary came through for 181 s', false]]);
  now += SETTLED_MS;
  const after = await beat();
  // Written before anybody knew of the gap: it may have been the last that was let through.
  await comesThrough(before);
  await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), false]]);
  await comesThrough(after);
  await beat();
  expect(await gaps()).toMatchObject([[expect.any(String), true]]);
});

test('events by EventBridge: the switch is what must stand', async () => {
  move = { ...move, events: 'eventbridge' };
  const bridged: boolean[] = [];
  const control = {
    notifications: () => Promise.resolve(entries),
    setEventBridge: (_bucket: string, on: boolean) => {
      bridged.push(on);
      entries = [{ id: undefined, text: '<EventBridgeConfiguration/>' }];
      return Promise.resolve({ before: null });
    },
  };
  watch = new CaptureWatch(environment, ledger, control as unknown as BucketControl, () => now);
  entries = [];
  await beat();
  await beat();
  expect(bridged).toEqual([true]);
  expect(await gaps()).toEqual([['EventBridge was switched off for images-on-s3', false]]);
});

test('the entry is looked at when copy has arrived: until then the step puts it in, and proves it', () => {
  const phases = ['prepare', 'copy', 'cutover', 'retain', 'retire', 'done'] as const;
  expect(phases.filter((phase) => watches({ phase }))).toEqual(['copy', 'cutover', 'retain']);
});
