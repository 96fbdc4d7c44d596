import { expect, test } from 'vitest';
import { addMoving, horizonBefore, isFinding } from '../../../../scripts/move/verify/compare-again.ts';

const motion = { open: false, givenUp: false, touchedLately: false };

test.each([
  ['replay has still to handle it, however old its operation is', { open: true }, false],
  ['replay has tried it too often', { open: true, givenUp: true }, true],
  ['it was touched a moment ago', { touchedLately: true }, false],
  ['nobody touched it, or replay says that it handled it, and yet it differs', {}, true],
])('a key that differs: %s', (_name, facts, finding) => {
  expect(isFinding({ ...motion, ...facts })).toBe(finding);
});

test('the next certificate goes on before the oldest operation that replay has not handled', () => {
  const moving = { count: 0, first: [], openSince: null as bigint | null };
  expect(horizonBefore('120', moving)).toBe('120');
  addMoving(moving, { count: 1, first: ['a'], openSince: 99n });
  addMoving(moving, { count: 1, first: ['b'], openSince: 130n });
  expect(moving).toEqual({ count: 2, first: ['a', 'b'], openSince: 99n });
  // As numbers: as text "99" would come after "120".
  expect(horizonBefore('120', moving)).toBe('99');
  expect(horizonBefore('98', moving)).toBe('98');
});
