import { expect, test } from 'vitest';
import type { ProvenPair } from '../../../../scripts/ledger/proven-pairs.ts';
import { ListedPairs } from '../../../../scripts/move/common/listed-pairs.ts';
import type { Merged } from '../../../../scripts/move/common/merge.ts';
import type { PairMemory } from '../../../../scripts/move/common/pair-memory.ts';
import type { StoreClient } from '../../../../scripts/store/client.ts';
import { StoreError } from '../../../../scripts/store/errors.ts';
import type { ListedObject } from '../../../../scripts/store/object.ts';

const listed = (key: string, etag: string, size = 1): ListedObject => ({
  key,
  etag,
  size,
  lastModified: new Date(0),
});
const both = (key: string, source = 's', target = 't', size = 1): Merged => ({
  kind: 'copy',
  key,
  source: listed(key, source),
  target: listed(key, target, size),
});
const pair = (key: string, targetVersion = 'null'): ProvenPair => ({
  key,
  sourceEtag: 's',
  sourceSize: 1,
  targetEtag: 't',
  targetVersion,
  provenBy: 'bytes',
});

/** @param versioning what the target answers when it is asked whether it is versioned */
function setUp(known: ProvenPair[], versioning: string | StoreError = '<VersioningConfiguration/>') {
  const asked: string[] = [];
  const memory = {
    ofEach(keys: string[]) {
      if (keys.length > 0) asked.push(keys.join());
      return Promise.resolve(Map.groupBy(known, ({ key }) => key));
    },
  };
  const target = {
    send() {
      asked.push('versioning');
      return typeof versioning === 'string'
        ? Promise.resolve({ text: versioning })
        : Promise.reject(versioning);
    },
  };
  const pairs = new ListedPairs(memory as unknown as PairMemory, target as unknown as StoreClient, 'bucket');
  return { asked, provenOf: async (page: Merged[]) => [...(await pairs.provenOf(page))] };
}

test('listings that show exactly a pair need no request an object; of all others nothing is asked', async () => {
  const { asked, provenOf } = setUp([pair('a'), pair('b'), pair('c'), pair('e')]);
  const page: Merged[] = [
    both('a'),
    both('b', 'other'),
    both('c', 's', 'other'),
    both('d'),
    both('e', 's', 't', 2),
    { kind: 'copy', key: 'f', source: listed('f', 's') },
    { kind: 'extra', key: 'g', target: listed('g', 't') },
    { kind: 'equal', key: 'h', source: listed('h', 's'), target: listed('h', 's') },
  ];
  expect(await provenOf(page)).toEqual(['a']);
  expect(asked).toEqual(['a,b,c,d', 'versioning']);
  expect(await provenOf([both('a')])).toEqual(['a']);
  expect(asked.slice(2)).toEqual(['a']);
});

test('a bucket without such objects costs nothing', async () => {
  const { asked, provenOf } = setUp([]);
  expect(await provenOf([{ kind: 'copy', key: 'f', source: listed('f', 's') }])).toEqual([]);
  expect(asked).toEqual([]);
  expect(await provenOf([both('a')])).toEqual([]);
  expect(asked).toEqual(['a']);
});

const refused = (status: number) => new StoreError('refused', { status, code: 'AccessDenied' });
test.each([
  ['is versioned', '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'],
  ['was versioned', '<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>'],
  ['does not say', refused(403)],
  ['does not know', refused(501)],
])('a listing of a target that %s does not tell which version is there', async (_name, answer) => {
  expect(await setUp([pair('a')], answer).provenOf([both('a')])).toEqual([]);
});

test('a target that is away is trouble, and no answer', async () => {
  await expect(setUp([pair('a')], refused(503)).provenOf([both('a')])).rejects.toThrow('refused');
});

test('the pair of another version is not of what is listed', async () => {
  expect(await setUp([pair('a', 'v1')]).provenOf([both('a')])).toEqual([]);
});
