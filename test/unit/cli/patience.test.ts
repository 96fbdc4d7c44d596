import { expect, test } from 'vitest';
import { parseEnvironment } from '../../../scripts/contract/environment.ts';
import { pauseSeconds } from '../../../scripts/move/sync/patience.ts';
import { withPatience } from '../../../scripts/cli/sync/with-ledger.ts';
import { exampleEnvironment } from '../../support/example-environment.ts';

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

test('the option comes before what the environment says', () => {
  const environment = parseEnvironment(exampleEnvironment(), 'a test');
  expect(withPatience(environment, undefined)).toBe(environment);
  expect(withPatience(environment, '600').sync).toEqual({ ...environment.sync, patienceSeconds: 600 });
  for (const text of ['', 'long', '-1', '86401']) {
    expect(() => withPatience(environment, text)).toThrow(
      `--patience is "${text}"; it must be a number of seconds from 0 to 86400, for example 600`,
    );
  }
});
