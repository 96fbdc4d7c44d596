import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { messageOf, UserError } from '../scripts/contract/errors.ts';
import { ensureActionlint } from '../scripts/tools/toolchain/actionlint.ts';
import { ensureDebianPackages } from '../scripts/tools/toolchain/debian.ts';
import { ensureKubernetes } from '../scripts/tools/toolchain/kubernetes.ts';
import { ensurePulumi } from '../scripts/tools/toolchain/pulumi.ts';
import { ensurePythonTool, PYTHON_TOOLS } from '../scripts/tools/toolchain/python.ts';
import { localPackages } from '../scripts/local/packages.ts';
import { countTests, type Count, type Report } from './support/counting.ts';
import { ensureTestPackages } from './support/packages.ts';

/**
 * `npm test [-- --only STAGE,…]`: installs what is missing and checks everything. A line per stage; the last
 * line is `N passed, N failed`.
 */

const root = path.resolve(import.meta.dirname, '..');

/** In this order. `real` and `move` share one local environment, and one run of vitest. */
const STAGES = ['format', 'lint', 'types', 'unit', 'model', 'engine', 'real', 'move'] as const;
/** Only when they are asked for: they take many gigabytes. */
const ON_DEMAND = ['large'] as const;
type Stage = (typeof STAGES | typeof ON_DEMAND)[number];

const CHECKS: Partial<Record<Stage, string[]>> = {
  format: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  lint: ['node_modules/eslint/bin/eslint.js', '--max-warnings=0', '.'],
  types: ['node_modules/typescript/bin/tsc', '--noEmit'],
};

const total: Count = { passed: 0, failed: 0 };
try {
  const stages = stagesAsked();
  await prepare(stages);
  for (const stage of stages.filter((name) => name in CHECKS)) {
    await inStage(stage, () => check(CHECKS[stage] ?? []));
  }
  for (const stage of stages.filter((name) => name === 'unit' || name === 'model' || name === 'engine')) {
    await inStage(stage, () => tests([stage], { live: false }));
  }
  const shared = stages.filter(isLive);
  if (shared.length > 0) {
    await inStage(shared.join(' and '), () => tests(shared, { live: true }));
  }
} catch (error) {
  console.log(error instanceof UserError ? error.message : error);
  total.failed += 1;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** Whether a stage is of those that share the local environment. */
function isLive(stage: Stage): boolean {
  return stage === 'real' || stage === 'move' || stage === 'large';
}

function stagesAsked(): Stage[] {
  const { values } = parseArgs({ options: { only: { type: 'string' } } });
  const all = [...STAGES, ...ON_DEMAND];
  const asked = values.only?.split(',') ?? [...STAGES];
  const unknown = asked.filter((name) => !all.some((stage) => stage === name));
  if (unknown.length > 0) {
    throw new UserError(`There is no stage "${unknown.join(', ')}"; there are: ${all.join(', ')}.`);
  }
  return all.filter((stage) => asked.includes(stage));
}

/** Installs what the stages need. */
async function prepare(stages: Stage[]): Promise<void> {
  const log = (line: string) => console.log(line);
  if (stages.some((stage) => !(stage in CHECKS))) {
    await ensureDebianPackages(localPackages, { log });
    await ensureTestPackages();
  }
  if (stages.some((stage) => stage === 'engine' || isLive(stage))) {
    await ensurePulumi({ log });
  }
  if (stages.includes('engine')) {
    await ensureKubernetes({ log });
    await ensureActionlint({ log });
    for (const tool of PYTHON_TOOLS) await ensurePythonTool(tool, { log });
  }
}

async function inStage(name: string, work: () => Promise<Count & { output?: string }>): Promise<void> {
  const started = Date.now();
  const { passed, failed, output } = await work().catch((error: unknown) => ({
    passed: 0,
    failed: 1,
    output: messageOf(error),
  }));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  if (failed > 0 && output !== undefined) {
    console.log(output);
  }
  console.log(`${name}: ${passed} passed, ${failed} failed (${seconds} s)`);
  total.passed += passed;
  total.failed += failed;
}

async function check(args: string[]): Promise<Count & { output: string }> {
  const { failed, all } = await execa(process.execPath, args, { cwd: root, all: true, reject: false });
  return { passed: failed ? 0 : 1, failed: failed ? 1 : 0, output: all };
}

/**
 * Runs vitest on some of its projects.
 * @param live shows the output as it comes, for what takes minutes; else only when something failed
 */
async function tests(projects: Stage[], { live }: { live: boolean }): Promise<Count & { output?: string }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-test-'));
  const file = path.join(folder, 'report.json');
  try {
    const { exitCode, all } = await execa(
      process.execPath,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        ...projects.map((name) => `--project=${name}`),
        `--reporter=${live ? 'verbose' : 'default'}`,
        '--reporter=json',
        `--outputFile.json=${file}`,
      ],
      {
        cwd: root,
        all: true,
        reject: false,
        stdout: live ? ['inherit', 'pipe'] : 'pipe',
        stderr: live ? ['inherit', 'pipe'] : 'pipe',
      },
    );
    const report = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text) as Report,
      () => ({ testResults: [] }),
    );
    const count = countTests(report);
    // An error outside any test, in a set-up or after the end, shows in the exit code alone.
    const unseen = exitCode !== 0 && count.failed === 0 ? 1 : 0;
    return { passed: count.passed, failed: count.failed + unseen, ...(live ? {} : { output: all }) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
