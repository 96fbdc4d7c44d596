import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  countTests,
  failuresOf,
  lineOf,
  slowest,
  timingsOf,
  type Report,
} from '../../../support/counting.ts';
import { DEADLINE_VARIABLE, REPORT_VARIABLE } from '../../../support/reporter.ts';

/** Counting what a real run of vitest ended with, file by file. */

const root = path.resolve(import.meta.dirname, '../../../..');
const FILES: Readonly<Record<string, string>> = {
  good: `it('one', () => {}); describe('two', () => { it('three', () => {}); });`,
  bad: `it('one', () => {}); it('two', () => { throw new Error('no'); });`,
  skipped: `it.skip('one', () => {});`,
  todo: `it.todo('one');`,
  'set-up': `beforeAll(() => { throw new Error('no'); }); it('one', () => {}); it('two', () => {});`,
  'torn-down': `afterAll(() => { throw new Error('no'); }); it('one', () => {});`,
  'cannot-load': `import './not-there.ts'; it('one', () => {});`,
  empty: '',
  slow: `beforeAll(() => new Promise((resolve) => setTimeout(resolve, 300)));
    it('one', () => new Promise((resolve) => setTimeout(resolve, 100)));`,
};

let folder: string;
let report: Report;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-counting-'));
  for (const [name, text] of Object.entries(FILES)) {
    await writeFile(path.join(folder, `${name}.test.js`), text);
  }
  const file = path.join(folder, 'report.json');
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const reporter = `--reporter=${path.join(root, 'test/support/reporter.ts')}`;
  await execa(process.execPath, [vitest, 'run', '--globals', `--root=${folder}`, reporter], {
    cwd: folder,
    env: { [REPORT_VARIABLE]: file },
    reject: false,
  });
  report = JSON.parse(await readFile(file, 'utf8')) as Report;
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const countOf = (name: string) =>
  countTests({ files: report.files.filter((file) => file.name === `${name}.test.js`) });

it.each([
  ['good', { passed: 2, failed: 0, skipped: 0 }],
  ['bad', { passed: 1, failed: 1, skipped: 0 }],
  ['skipped', { passed: 0, failed: 1, skipped: 0 }],
  ['todo', { passed: 0, failed: 1, skipped: 0 }],
  ['set-up', { passed: 0, failed: 2, skipped: 0 }],
  ['torn-down', { passed: 1, failed: 1, skipped: 0 }],
  ['cannot-load', { passed: 0, failed: 1, skipped: 0 }],
  ['empty', { passed: 0, failed: 1, skipped: 0 }],
  ['not run at all', { passed: 0, failed: 1, skipped: 0 }],
])('%s: what did not run or did not pass has failed', (name, count) => {
  expect(countOf(name)).toEqual(count);
});

it.each([
  ['good', []],
  ['bad', ['bad.test.js: two\n    no']],
  ['set-up', ['set-up.test.js\n    no']],
  ['torn-down', ['torn-down.test.js\n    no']],
  ['cannot-load', [expect.stringMatching(/^cannot-load\.test\.js\n {4}.*not-there/)]],
])('%s: what failed is named, with its reason', (name, failures) => {
  expect(failuresOf({ files: report.files.filter((file) => file.name === `${name}.test.js`) })).toEqual(
    failures,
  );
});

it('the list says how long a test took, and its file beside it', () => {
  const seconds = Object.fromEntries(timingsOf(report).map(({ name, seconds }) => [name, seconds]));
  expect(seconds['slow.test.js: one']).toBeGreaterThan(0.09);
  expect(seconds['slow.test.js: set-up']).toBeGreaterThan(0.29);
});

it('the slowest are named first', () => {
  const timings = [1, 30.04, 200].map((seconds) => ({ name: `${seconds}`, seconds }));
  expect(slowest(timings, 2)).toEqual(['  200.0 s  200', '   30.0 s  30.04']);
});

it('a run that is stopped at its deadline counts what it did not reach as skipped', async () => {
  const late = await mkdtemp(path.join(os.tmpdir(), 'storage-late-'));
  try {
    const text = `it('one', () => new Promise((done) => setTimeout(done, 6000)), 60_000); it('two', () => {});`;
    await writeFile(path.join(late, 'late.test.js'), text);
    const file = path.join(late, 'report.json');
    const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
    const reporter = `--reporter=${path.join(root, 'test/support/reporter.ts')}`;
    const env = { [REPORT_VARIABLE]: file, [DEADLINE_VARIABLE]: String(Date.now() + 4000) };
    await execa(process.execPath, [vitest, 'run', '--globals', `--root=${late}`, reporter], {
      cwd: late,
      env,
      reject: false,
    });
    const count = countTests(JSON.parse(await readFile(file, 'utf8')) as Report, { isCut: true });
    expect(count.failed).toBe(0);
    expect(count.skipped).toBeGreaterThan(0);
    expect(lineOf(count)).toMatch(/^\d passed, 0 failed, \d skipped$/);
  } finally {
    await rm(late, { recursive: true });
  }
}, 60_000);
