import { expect, test } from 'vitest';
import { isFinding } from '../../../../scripts/move/verify/compare-again.ts';

test.each([
  ['nobody touched it', { open: false, touched: false, touchedLately: false }, true],
  [
    'its operation is older than the horizon and still open',
    { open: true, touched: false, touchedLately: false },
    true,
  ],
  ['replay has still to handle it', { open: true, touched: true, touchedLately: false }, false],
  ['it was touched a moment ago', { open: false, touched: true, touchedLately: true }, false],
  [
    'replay says that it handled it, and yet it differs',
    { open: false, touched: true, touchedLately: false },
    true,
  ],
])('a key that differs: %s', (_name, motion, finding) => {
  expect(isFinding(motion)).toBe(finding);
});
