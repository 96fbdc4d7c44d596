import { expect, test } from 'vitest';
import { pauseSeconds } from '../../../../scripts/move/sync/backoff.ts';

const pauses = (patience: number) => {
  const all: number[] = [];
  for (let next = pauseSeconds(0, patience); next > 0; next = pauseSeconds(all.length, patience))
    all.push(next);
  return all;
};

test('pauses become longer and are as long in all as the patience', () => {
  expect(pauses(60)).toEqual([0.5, 1, 2, 4, 8, 16, 28.5]);
  expect(pauses(1)).toEqual([0.5, 0.5]);
  expect(pauses(0)).toEqual([]);
  expect(pauses(150).slice(5)).toEqual([16, 30, 30, 30, 28.5]);
});
