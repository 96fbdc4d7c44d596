import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readObjectEvents } from '../../../scripts/object-events/object-event.ts';
import { eventSettings } from '../../../scripts/object-events/settings.ts';
import { appendObjectEvents } from '../../../scripts/object-events/table.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';

const BUCKETS = new Set(['images-on-ceph']);
const record = (overrides: { key?: string; bucket?: string; eventName?: string } = {}) => ({
  eventSource: 'ceph:s3',
  eventTime: '2026-11-21T10:16:50.798896Z',
  eventName: overrides.eventName ?? 's3:ObjectCreated:Put',
  userIdentity: { principalId: 'applications' },
  s3: {
    bucket: { name: overrides.bucket ?? 'images-on-ceph' },
    object: {
      key: overrides.key ?? 'a b+%41.jpg',
      size: 7,
      eTag: '"d41d8cd98f00b204e9800998ecf8427e"',
      versionId: '',
      sequencer: '264F016BAFACEC1A',
    },
  },
});

test('an event is kept under the key as it is, in an order that compares as text', () => {
  const [event] = readObjectEvents({ Records: [record()] }, BUCKETS).events;
  expect(event).toEqual({
    bucket: 'images-on-ceph',
    key: 'a b+%41.jpg',
    kind: 'put',
    eventName: 'ObjectCreated:Put',
    sequencer: '6B014F261AECACAF',
    versionId: null,
    etag: 'd41d8cd98f00b204e9800998ecf8427e',
    size: 7,
    principal: 'applications',
    eventTime: new Date('2026-11-21T10:16:50.798Z'),
  });
});

test.each([
  ['s3:ObjectRemoved:Delete', 'delete'],
  ['s3:ObjectRemoved:DeleteMarkerCreated', 'delete'],
  ['s3:ObjectLifecycle:Expiration:Current', 'expire'],
  ['s3:ObjectCreated:CompleteMultipartUpload', 'put'],
])('%s is kept as %s', (eventName, kind) => {
  expect(readObjectEvents({ Records: [record({ eventName })] }, BUCKETS).events[0]?.kind).toBe(kind);
});

test.each([
  [{ Records: [record({ bucket: 'other' })] }, 'bucket "other" is not one that is listened to'],
  [{ Records: [record({ key: 'a\0b' })] }, 'holds a NUL character'],
  [{ Records: [record(), {}] }, 'record 1'],
  [{}, 'neither "Records"'],
])('what cannot be kept is left out, so that the rest is kept', (document, detail) => {
  const { events, unread } = readObjectEvents(document, BUCKETS);
  expect(events).toHaveLength((document as { Records?: unknown[] }).Records?.length === 2 ? 1 : 0);
  expect(unread).toMatchObject([{ detail: expect.stringContaining(detail) as string }]);
});

test('the table has every column that is filled', async () => {
  const statements: string[] = [];
  await appendObjectEvents(
    { query: (text: string) => Promise.resolve(statements.push(text)) } as never,
    readObjectEvents({ Records: [record()] }, BUCKETS).events,
  );
  const columns = /\((.*?)\)/.exec(statements[0] ?? '')?.[1]?.split(', ') ?? [];
  const sql = readFileSync(
    new URL('../../../infra/database/food/0010-object-events.sql', import.meta.url),
    'utf8',
  );
  expect(columns).toHaveLength(10);
  expect(columns.filter((column) => !new RegExp(`^  ${column} `, 'm').test(sql))).toEqual([]);
});

test('an environment in which nobody listens says so', () => {
  expect(() => eventSettings(exampleEnvironment())).toThrow(
    'This environment has no section "events": nobody listens to the notifications of its Ceph clusters.',
  );
});

test('two buckets of one name on two clusters cannot be told apart', () => {
  const environment = exampleEnvironment();
  const events = {
    listen: 'http://127.0.0.1:1/events',
    pushEndpoint: 'http://127.0.0.1:1/events',
    topic: 'storage-events',
    database: 'postgres://127.0.0.1:1/food',
  };
  const moves = environment.moves.map((move) => ({ ...move, targetBucket: 'same' }));
  expect(eventSettings({ ...environment, events })).toBe(events);
  expect(() => eventSettings({ events, moves })).toThrow('Two moves end in a bucket named "same"');
});
