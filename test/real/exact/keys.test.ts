import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { RESERVED_PREFIX } from '../../../scripts/contract/names.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { inParallel } from '../../../scripts/local/input/parallel.ts';
import { etagsOf, openPair, type Pair } from './support.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await openPair('exact-keys');
});
beforeEach(() => pair.empty());
afterAll(() => pair.scratch.close());

/** Puts them, moves them, and holds both buckets against each other. */
async function assertMoves(keys: readonly string[]): Promise<void> {
  const { source, target, scratch } = pair;
  await inParallel(16, keys, (key) => pair.put(key, `body of ${key}`, { metadata: { of: 'a key' } }));
  expect(await pair.sync()).toMatchObject({ objects: keys.length, copied: keys.length, failed: 0 });
  const here = await etagsOf(target, scratch.targetBucket);
  // Written down as bytes: two texts that look the same may be two keys.
  const bytes = (list: readonly string[]) => list.map((key) => Buffer.from(key).toString('hex')).sort();
  expect(bytes(Object.keys(here))).toEqual(bytes(keys));
  expect(here).toEqual(await etagsOf(source, scratch.sourceBucket));
  expect(await pair.differences()).toEqual([]);
  expect(await pair.sync()).toMatchObject({ objects: keys.length, copied: 0, deleted: 0, failed: 0 });
}

test('every key that has broken a tool, side by side, each under its own bytes', async () => {
  const composed = AWKWARD_KEYS.filter((key) => key.normalize('NFC') === 'caf\u00e9');
  expect(composed).toHaveLength(2);
  expect(AWKWARD_KEYS.map((key) => Buffer.byteLength(key))).toContain(1024);
  // 1,024 bytes are the most, however many characters that is.
  await assertMoves([...AWKWARD_KEYS, '😀'.repeat(256), `${'/'.repeat(1023)}é`.slice(1)]);
});

/** Pieces that mean something to some part on the way: paths, URLs, XML, RGW's own names, Unicode's forms. */
const PIECES = [
  ...[
    '/',
    '//',
    '.',
    '..',
    './',
    '../',
    '%',
    '%2F',
    '%00',
    '+',
    ' ',
    '?',
    '#',
    '&',
    ';',
    '=',
    '~',
    '*',
    '\\',
  ],
  ...[
    '"',
    "'",
    '<',
    '>',
    '&amp;',
    ']]>',
    '\n',
    '\r\n',
    '\t',
    '\u0001',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
  ],
  ...[
    '_',
    '__',
    '_multipart_',
    '.meta',
    'é',
    'e\u0301',
    'Å',
    'A\u030a',
    '\u212b',
    'ﬁ',
    'ı',
    'ß',
    '\ufeff',
    '\u200d',
  ],
  ...['\ue000', '\ufffd', '\uffff', '😀', '👩\u200d🚀', '\u{10ffff}', 'CON', 'null', '0', 'a', 'A', 'z'],
];
const key = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })), {
    minLength: 1,
    maxLength: 24,
  })
  .map((pieces) => pieces.join(''))
  // A key of nothing but a NUL byte is refused by RGW's front end, as every request line with one may be.
  .filter((text) => !text.includes('\u0000') && Buffer.byteLength(text) <= 1024)
  .filter((text) => !text.startsWith(RESERVED_PREFIX));

test('some hundred generated keys in one bucket', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { minLength: 300, maxLength: 300, size: 'max' }), async (keys) => {
      await pair.empty();
      await assertMoves(keys);
    }),
    // One bucket of them, another one each time; the seed is printed where it fails.
    { numRuns: 1, endOnFailure: true },
  );
});
