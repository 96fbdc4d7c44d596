import { expect, it } from 'vitest';
import { countTests } from '../../../support/counting.ts';

const file = (status: string, ...tests: string[]) => ({
  name: 'a.test.ts',
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});

it('counts what passed and what failed', () => {
  const testResults = [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')];
  expect(countTests({ testResults })).toEqual({ passed: 3, failed: 1 });
});

it.each([
  ['a run without files', []],
  ['a file without tests', [file('passed')]],
  ['a file that could not be loaded', [file('failed')]],
  ['a skipped test', [file('passed', 'skipped')]],
  ['a test to do', [file('passed', 'todo')]],
  ['a pending test', [file('passed', 'pending')]],
])('%s has failed', (_, testResults) => {
  expect(countTests({ testResults })).toEqual({ passed: 0, failed: 1 });
});

it('a file that failed after all of its tests passed has failed', () => {
  expect(countTests({ testResults: [file('failed', 'passed')] })).toEqual({ passed: 1, failed: 1 });
});
