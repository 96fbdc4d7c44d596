import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { messageOf, UserError } from '../scripts/contract/errors.ts';
import {
  countTests,
  failuresOf,
  lineOf,
  slowest,
  timingsOf,
  type Count,
  type Report,
  type Timing,
} from './support/counting.ts';
import { DEADLINE_VARIABLE, REPORT_VARIABLE } from './support/reporter.ts';
import { prepare, stagesOf, type Stage } from './support/stages.ts';

/** `npm test` and, with `--deep`, `npm run test:deep`: see HELP. */

const HELP = `npm test [-- OPTION…]            what every change must pass
npm run test:deep [-- OPTION…]   all other tests

Installs what is missing, prints a line per stage, the ten slowest tests and what failed; the last line is
N passed, N failed.

  --only STAGE,…   only these stages
  --minutes N      stops after N minutes; what has not run by then is skipped, and the last line says so
  --counts FILE    also writes the last line's numbers and what failed to FILE, as JSON
  --help           this text

One file alone, once its stage has run:
  node node_modules/vitest/vitest.mjs run test/unit/move/replay/decide.test.ts`;
const SLOWEST = 10;

/** @property output shown when something failed; @property failures what failed, by name */
type Outcome = Count & { output?: string; failures?: string[] };

const root = path.resolve(import.meta.dirname, '..');
const options = optionsGiven();
const all = stagesOf(options);
const total: Count = { passed: 0, failed: 0, skipped: 0 };
const deadline = deadlineOf(options.minutes);
const timings: Timing[] = [];
const failures: string[] = [];

if (options.help) {
  const lines = all.map(({ name, what }) => `  ${name.padEnd(8)} ${what}`);
  console.log(`${HELP}\n\nStages of this command, in their order:\n${lines.join('\n')}`);
} else {
  await run().catch((error: unknown) => {
    console.log(error instanceof UserError ? error.message : error);
    total.failed += 1;
    failures.push(messageOf(error));
  });
  if (timings.length > 0) console.log(`The slowest:\n${slowest(timings, SLOWEST).join('\n')}`);
  if (failures.length > 0) console.log(`What failed:\n  ${failures.join('\n  ')}`);
  if (options.counts !== undefined) {
    await writeFile(options.counts, JSON.stringify({ ...total, failures }));
  }
  console.log(lineOf(total));
  process.exitCode = total.failed === 0 ? 0 : 1;
}

function optionsGiven() {
  try {
    return parseArgs({
      options: {
        deep: { type: 'boolean', default: false },
        only: { type: 'string' },
        minutes: { type: 'string' },
        counts: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${HELP}`);
    process.exit(2);
  }
}

async function run(): Promise<void> {
  const stages = stagesAsked();
  await prepare(stages, (line) => console.log(line));
  await Promise.all(stages.flatMap(({ name, check }) => (check ? inStage(name, () => checked(check)) : [])));
  const [live, alone] = [stages.filter((stage) => stage.live), stages.filter((stage) => !stage.live)];
  for (const { name, project } of alone) {
    if (project !== undefined) await inStage(name, () => tested([project], { shown: false }));
  }
  if (live.length > 0) {
    const projects = live.map(({ project }) => project ?? '');
    await inStage(live.map(({ name }) => name).join(' and '), () => tested(projects, { shown: true }));
  }
}

function deadlineOf(minutes: string | undefined): number | undefined {
  if (minutes === undefined) return undefined;
  const number = Number(minutes);
  if (minutes.trim() === '' || !(number >= 0)) {
    console.error(`--minutes is "${minutes}"; it must be a number of minutes, for example 40`);
    process.exit(2);
  }
  return Date.now() + number * 60_000;
}

function isOver(): boolean {
  return deadline !== undefined && Date.now() >= deadline;
}

function stagesAsked(): readonly Stage[] {
  const asked = options.only?.split(',');
  const unknown = asked?.filter((name) => !all.some((stage) => stage.name === name)) ?? [];
  if (unknown.length > 0) {
    const there = all.map(({ name }) => name).join(', ');
    throw new UserError(`There is no stage "${unknown.join(', ')}"; there are: ${there}.`);
  }
  return all.filter(({ name }) => asked?.includes(name) ?? true);
}

async function inStage(name: string, work: () => Promise<Outcome>): Promise<void> {
  const started = Date.now();
  if (isOver()) {
    console.log(`${name}: not run: the time is over`);
    total.skipped += 1;
    return;
  }
  const outcome = await work().catch((error: unknown): Outcome => ({
    passed: 0,
    failed: 1,
    skipped: 0,
    output: messageOf(error),
  }));
  const { output, failures: named = [], ...count } = outcome;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (count.failed > 0 && output !== undefined) {
    console.log(output);
  }
  console.log(`${name}: ${lineOf(count)} (${seconds} s)`);
  if (count.failed > 0 && named.length === 0) failures.push(`${name}: see its output above`);
  failures.push(...named);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}

async function checked(args: readonly string[]): Promise<Outcome> {
  const { failed, all: output } = await execa(process.execPath, args, {
    cwd: root,
    all: true,
    reject: false,
  });
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, skipped: 0, output };
}

/**
 * Runs vitest on some of its projects.
 * @param shown shows the output as it comes, for what takes minutes; else only when something failed
 */
async function tested(projects: readonly string[], { shown }: { shown: boolean }): Promise<Outcome> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-test-'));
  const file = path.join(folder, 'report.json');
  try {
    const { exitCode, all: output } = await execa(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        ...projects.map((name) => `--project=${name}`),
        `--reporter=${shown ? 'verbose' : 'default'}`,
        '--reporter=./test/support/reporter.ts',
      ],
      {
        cwd: root,
        env: {
          [REPORT_VARIABLE]: file,
          ...(deadline !== undefined && { [DEADLINE_VARIABLE]: String(deadline) }),
        },
        all: true,
        reject: false,
        stdout: shown ? ['inherit', 'pipe'] : 'pipe',
        stderr: shown ? ['inherit', 'pipe'] : 'pipe',
      },
    );
    const report = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => ({ files: [] }),
    );
    timings.push(...timingsOf(report));
    const isCut = isOver();
    const count = countTests(report, { isCut });
    // An error outside any test, in a set-up or after the end, shows in the exit code alone.
    const unseen = exitCode !== 0 && count.failed === 0 && !isCut ? 1 : 0;
    const named = failuresOf(report);
    return { ...count, failed: count.failed + unseen, failures: named, ...(shown ? {} : { output }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
