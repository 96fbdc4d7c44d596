import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { isProven, readPairs, recordPairs, type ProvenPair } from '../../../scripts/ledger/proven-pairs.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../support/embedded-ledger.ts';

let ledger: Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, close } = await openEmbeddedLedger());
}, EMBEDDED_LIMIT_MS);
afterAll(() => close());

const pair = (change: Partial<ProvenPair> = {}): ProvenPair => ({
  key: 'k',
  sourceEtag: 's1',
  sourceSize: 5 * 2 ** 40,
  targetEtag: 't1',
  targetVersion: 'null',
  provenBy: 'bytes',
  ...change,
});

test('pairs are read by a page of keys, those of each key together', async () => {
  const kept = [
    pair({ key: '\u{1f355}' }),
    pair({ key: 'a', targetVersion: 'v1', provenBy: 'part digests' }),
    pair({ key: 'a', targetVersion: 'null' }),
    pair({ key: '\ufb01' }),
  ];
  await recordPairs(ledger, 'images', kept);
  await recordPairs(ledger, 'images', []);
  const found = await readPairs(ledger, 'images', ['a', 'b', '\ufb01', '\u{1f355}']);
  // In the order of bytes, as S3 lists keys.
  expect([...found]).toEqual([
    ['a', [kept[2], kept[1]]],
    ['\ufb01', [kept[3]]],
    ['\u{1f355}', [kept[0]]],
  ]);
  expect(await readPairs(ledger, 'metadata', ['a'])).toEqual(new Map());
  expect(await readPairs(ledger, 'images', [])).toEqual(new Map());
});

test('a version at the target is known as one object: the last that was proven', async () => {
  await recordPairs(ledger, 'm', [pair(), pair({ sourceEtag: 's2' }), pair({ targetVersion: 'v1' })]);
  await recordPairs(ledger, 'm', [pair({ sourceEtag: 's3', targetEtag: 't3', sourceSize: 1 })]);
  expect((await readPairs(ledger, 'm', ['k'])).get('k')).toEqual([
    pair({ sourceEtag: 's3', targetEtag: 't3', sourceSize: 1 }),
    pair({ targetVersion: 'v1' }),
  ]);
});

test('a pair is of its ETags, size and version, and of nothing else', () => {
  const source = { etag: 's1', size: 5 * 2 ** 40 };
  const versioned = pair({ targetVersion: 'v1' });
  expect(isProven([versioned, pair()], source, { etag: 't1' })).toBe(true);
  expect(isProven([pair()], source, { etag: 't1', versionId: 'null' })).toBe(true);
  expect(isProven([versioned], source, { etag: 't1', versionId: 'v1' })).toBe(true);
  expect(isProven([versioned], source, { etag: 't1' })).toBe(false);
  expect(isProven([versioned], source, { etag: 't1', versionId: 'v2' })).toBe(false);
  expect(isProven([pair()], { ...source, etag: 's2' }, { etag: 't1' })).toBe(false);
  expect(isProven([pair()], { ...source, size: 5 }, { etag: 't1' })).toBe(false);
  expect(isProven([pair()], source, { etag: 't2' })).toBe(false);
  expect(isProven([], source, { etag: 't1' })).toBe(false);
});
