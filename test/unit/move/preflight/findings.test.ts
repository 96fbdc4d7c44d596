import { expect, test } from 'vitest';
import { clockFindings } from '../../../../scripts/move/preflight/access.ts';
import { blocking, describeFindings, warning } from '../../../../scripts/move/preflight/finding.ts';
import { archiveFindings, encryptionFindings, spread } from '../../../../scripts/move/preflight/source.ts';
import { roomFindings } from '../../../../scripts/move/preflight/target.ts';

const NOW = new Date('2026-01-01T00:20:00Z');
const at = (text: string) => clockFindings('source images', 'http://s3', text, NOW);

test('a clock that is a little off is fine, much is a warning, too much blocks', () => {
  expect(at('Thu, 01 Jan 2026 00:19:00 GMT')).toEqual([]);
  expect(at('Thu, 01 Jan 2026 00:18:59 GMT')).toEqual([
    warning(
      'source images',
      'the clock of this machine and that of http://s3 are 61 s apart; set both by NTP',
    ),
  ]);
  expect(at('Thu, 01 Jan 2026 00:05:00 GMT')[0]?.severity).toBe('blocking');
  expect(clockFindings('a', 'b', undefined, NOW)).toEqual([]);
});

test('archived objects block, with how much and how long', () => {
  const object = (key: string, storageClass: string) => ({
    key,
    size: 10,
    etag: 'e',
    lastModified: NOW,
    storageClass,
  });
  const found = archiveFindings('source images', [
    object('a', 'GLACIER'),
    object('b', 'STANDARD'),
    object('c', 'GLACIER'),
  ]);
  expect(found).toHaveLength(1);
  expect(found[0]?.severity).toBe('blocking');
  expect(found[0]?.message).toContain('at least 2 objects (20 bytes of the first 3 objects) are in GLACIER');
});

test('what cannot be compared blocks, what can only be compared by its bytes is said', () => {
  expect(encryptionFindings('s', ['AES256'])).toEqual([]);
  expect(encryptionFindings('s', ['SSE-C', 'aws:kms', 'SSE-C']).map(({ severity }) => severity)).toEqual([
    'blocking',
    'warning',
  ]);
});

test('a quota blocks where S3 has more', () => {
  const quota = { enabled: true, max_size: 10, max_objects: 3 };
  expect(roomFindings('t', 'b', { bytes: 10, objects: 3 }, quota)).toEqual([]);
  expect(roomFindings('t', 'b', { bytes: 11, objects: 4 }, quota)).toEqual([
    blocking('t', 'the quota of b is 10 bytes and S3 has 11: raise it'),
    blocking('t', 'the quota of b is 3 objects and S3 has 4: raise it'),
  ]);
  expect(roomFindings('t', 'b', { bytes: 11, objects: 4 }, { ...quota, enabled: false })).toEqual([]);
  expect(
    roomFindings('t', 'b', { bytes: 11, objects: 4 }, { enabled: true, max_size: -1, max_objects: -1 }),
  ).toEqual([]);
});

test('a sample is spread over all', () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7], 4)).toEqual([0, 2, 4, 6]);
  expect(spread([0, 1], 4)).toEqual([0, 1]);
});

test('the table has what blocks first', () => {
  expect(describeFindings([])).toBe('preflight: nothing is in the way');
  expect(describeFindings([warning('b', 'w'), blocking('source', 'x')]).split('\n')).toEqual([
    'blocking  source  x',
    'warning   b       w',
    '',
    'preflight: 1 blocking, 1 warnings',
  ]);
});
