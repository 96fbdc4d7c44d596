import { expect, test } from 'vitest';
import { wholeRanges } from '../../../../scripts/move/verify/scan.ts';

const ALL = [{ after: '', until: null }];

test('listings are merged by the ranges of the bulk copy, where these leave no key out', () => {
  const cuts = [
    { after: '', until: 'f' },
    { after: 'f', until: 'p' },
    { after: 'p', until: null },
  ];
  expect(wholeRanges(cuts)).toEqual(cuts);
  expect(wholeRanges(ALL)).toEqual(ALL);
});

test.each([
  ['there is none', []],
  ['the first keys are missing', [{ after: 'a', until: null }]],
  ['the last keys are missing', [{ after: '', until: 'f' }]],
  [
    'there is a hole',
    [
      { after: '', until: 'f' },
      { after: 'g', until: null },
    ],
  ],
  [
    'one is missing between',
    [
      { after: '', until: null },
      { after: 'g', until: null },
    ],
  ],
])('else all keys are one range: %s', (_name, cuts) => {
  expect(wholeRanges(cuts)).toEqual(ALL);
});
