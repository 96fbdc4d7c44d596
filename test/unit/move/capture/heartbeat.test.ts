import { expect, test } from 'vitest';
import { captures } from '../../../../scripts/move/capture/heartbeat.ts';

test('capture is at work from the entry into copy until retain has ended', () => {
  expect(captures({ phase: 'prepare', entering: null })).toBe(false);
  expect(captures({ phase: 'prepare', entering: 'copy' })).toBe(true);
  expect(captures({ phase: 'copy', entering: null })).toBe(true);
  expect(captures({ phase: 'copy', entering: 'cutover' })).toBe(true);
  expect(captures({ phase: 'cutover', entering: null })).toBe(true);
  expect(captures({ phase: 'retain', entering: 'retire' })).toBe(true);
  expect(captures({ phase: 'retire', entering: null })).toBe(false);
  expect(captures({ phase: 'done', entering: null })).toBe(false);
});
