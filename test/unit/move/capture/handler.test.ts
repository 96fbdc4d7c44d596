import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { unreadCounts } from '../../../../scripts/ledger/unread-events.ts';
import { CaptureHandler } from '../../../../scripts/move/capture/handler.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';

let opened: { ledger: Pool; close: () => Promise<void> };
beforeAll(async () => {
  opened = await openEmbeddedLedger();
}, EMBEDDED_LIMIT_MS);
afterAll(() => opened.close());

const record = (key: string, bucket = 'food-images') => ({
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key, size: 1 } },
});

test('what is not for us, or cannot be read, is counted, and its neighbours are stored', async () => {
  const { ledger } = opened;
  const moves = [{ name: 'images', sourceBucket: 'food-images' }];
  const handler = new CaptureHandler(ledger, { moves, ownPrincipals: [] });
  const stored = await Promise.all([
    handler.store({ Records: [record('a'), record('x', 'other'), record('100%'), record('b')] }),
    handler.store({ Records: [record('y', 'other')] }),
    handler.store('no JSON'),
    handler.store({ Event: 's3:TestEvent' }),
    handler.store({ Records: [record('c')] }),
  ]);
  expect(stored).toEqual([2, 0, 0, 0, 1]);
  const { rows } = await ledger.query<{ key: string }>('SELECT key FROM operation ORDER BY key');
  expect(rows.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
  expect((await unreadCounts(ledger)).map(({ lastAt: _, ...count }) => count)).toEqual([
    { reason: 'foreign', bucket: 'other', events: 2, detail: 'bucket "other" is not one that moves' },
    {
      reason: 'foreign',
      bucket: '',
      events: 1,
      detail: 'neither "Records", nor an event of EventBridge, nor a test event',
    },
    {
      reason: 'malformed',
      bucket: 'food-images',
      events: 1,
      detail: 'key "100%" is not form-encoded: URI malformed',
    },
  ]);
});
