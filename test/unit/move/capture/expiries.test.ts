import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { appendOperations, type NewOperation } from '../../../../scripts/ledger/operations.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';

let opened: { ledger: Pool; close: () => Promise<void> };
beforeAll(async () => {
  opened = await openEmbeddedLedger();
}, EMBEDDED_LIMIT_MS);
afterAll(() => opened.close());

test('expiries are in the log until S3 is emptied, and not while it is', async () => {
  const { ledger } = opened;
  const event = (key: string, kind: NewOperation['kind']): NewOperation => ({
    ...{ move: 'm', key, kind },
    ...{ eventName: 'x', eventSource: 'aws:s3' },
  });
  await appendOperations(ledger, [event('before', 'expire')]);
  await ledger.query(`UPDATE move SET phase = 'retain', entering = 'retire'`);
  await appendOperations(ledger, [event('emptied', 'expire'), event('late', 'put')]);
  await ledger.query(`UPDATE move SET phase = 'retire', entering = NULL`);
  await appendOperations(ledger, [event('emptied too', 'expire'), event('removed', 'delete')]);
  const { rows } = await ledger.query<{ key: string }>('SELECT key FROM operation ORDER BY position');
  expect(rows.map(({ key }) => key)).toEqual(['before', 'late', 'removed']);
});
