import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWith } from '../../scripts/tools/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../scripts/tools/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../scripts/tools/toolchain/pulumi.ts';
import { ensurePythonTool } from '../../scripts/tools/toolchain/python.ts';
import { awsStack, type AwsStack } from '../support/aws-stack.ts';
import { standingStack } from '../support/standing-stack.ts';
import { filledIn, root, stepsOf, workflows, type Step, type Workflow } from './workflows.ts';

const all = await workflows();
const workflow = (file: string): Workflow => {
  const found = all.find((one) => one.file === file);
  if (found === undefined) throw new Error(`There is no workflow ${file}`);
  return found;
};
const step = (file: string, is: (step: Step) => boolean): Step => {
  const found = stepsOf(workflow(file)).find((one) => is(one.step));
  if (found === undefined) throw new Error(`${file} has no such step`);
  return found.step;
};
const runsPulumi = ({ uses, with: inputs }: Step) =>
  uses?.startsWith('pulumi/actions@') === true && inputs?.['command'] !== undefined;

/** Where each command of a workflow is run by a test. A new one has to be run somewhere, too. */
const RUN_BY: Readonly<Record<string, string>> = {
  'npm ci': 'here',
  'npm run "$COMMAND"': 'test and test:deep, by the command that runs this test',
  'npm run ci:drift -- "$STACK"': 'drift.test.ts',
  'node scripts/tools/ci/image-summary.ts "$STACK" "$IMAGE" "$DIGEST" >> "$GITHUB_STEP_SUMMARY"': 'here',
  'pulumi preview --stack "$STACK" --non-interactive --json > plan.json\nnpm run policy:scan -- plan.json':
    'here',
};

/** How pulumi/actions v7 turns its inputs into arguments of the CLI; the rest of them is not about the engine. */
const ARGUMENTS: Readonly<Record<string, (value: string) => string[]>> = {
  diff: () => ['--diff'],
  message: (value) => ['--message', value],
  policyPacks: (value) => ['--policy-pack', value],
  'suppress-progress': () => ['--suppress-progress'],
};
const NOT_ABOUT_THE_ENGINE = [
  ...['always-include-summary', 'cloud-url', 'command', 'comment-on-pr', 'comment-on-summary'],
  ...['pulumi-version', 'secrets-provider', 'stack-name'],
];

test('every command of a workflow is run by a test', () => {
  const commands = all.flatMap(stepsOf).flatMap(({ step: { run } }) => run?.trim() ?? []);
  expect(new Set(commands)).toEqual(new Set(Object.keys(RUN_BY)));
});

test('npm ci: the lock file is what package.json asks for', async () => {
  const { exitCode, all: output } = await execa('npm', ['ci', '--dry-run', '--ignore-scripts'], {
    cwd: root,
    all: true,
    reject: false,
  });
  expect(exitCode, output).toBe(0);
});

describe('the summary of an image', () => {
  const { run = '', env } = step('image.yml', ({ run }) => run?.includes('image-summary') === true);
  const summary = async (digest: string) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-summary-'));
    const file = path.join(folder, 'summary.md');
    const variables = { STACK: 'prod', IMAGE: 'registry.example/prod/storage', DIGEST: digest };
    try {
      const { exitCode, stderr } = await execa('bash', ['-e', '-o', 'pipefail', '-c', filledIn(run, {})], {
        cwd: root,
        env: { ...variables, GITHUB_STEP_SUMMARY: file },
        reject: false,
      });
      return { exitCode, stderr, written: await readFile(file, 'utf8') };
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test('says how it is brought in', async () => {
    expect(Object.keys(env ?? {})).toEqual(['STACK', 'IMAGE', 'DIGEST']);
    const { written, exitCode } = await summary(`sha256:${'0'.repeat(64)}`);
    expect(exitCode).toBe(0);
    expect(written).toContain(
      `pulumi config set --stack prod storage:image registry.example/prod/storage@sha256:${'0'.repeat(64)}`,
    );
  });

  test('is none without a digest', async () => {
    const { exitCode, stderr } = await summary('');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Expected STACK IMAGE sha256:…');
  });
});

/** Half a minute each on a machine that does nothing else. */
describe('the workflows on a stack', { timeout: 10 * 60_000 }, () => {
  const savedPath = process.env['PATH'] ?? '';
  const stacks: AwsStack[] = [];
  let pack: PolicyPackFolder;
  let standing: AwsStack;

  beforeAll(async () => {
    const log = (line: string) => console.log(line);
    pack = policyPackFor(await ensurePulumi({ log }));
    await ensurePythonTool('checkov', { log });
    process.env['PATH'] = pathWith(pack.binDirs);
    standing = await opened(standingStack('dev'));
  });
  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await Promise.all(stacks.map((stack) => stack.remove()));
  });
  const opened = async (stack: Promise<AwsStack>): Promise<AwsStack> => {
    stacks.push(await stack);
    return stack;
  };

  const values = (name: string) => ({
    'matrix.stack': name,
    'inputs.stack': name,
    'github.sha': 'f'.repeat(40),
  });
  /** What pulumi/actions would run. The pack is started as the CLI of this machine can. */
  const asAction = (stack: AwsStack, name: string, file: string) => {
    const inputs = step(file, runsPulumi).with ?? {};
    expect(inputs['policyPacks']).toBe('infra/policy');
    expect(filledIn(String(inputs['stack-name']), values(name))).toBe(name);
    const args = Object.entries(inputs).flatMap(([input, value]) => {
      if (NOT_ABOUT_THE_ENGINE.includes(input)) return [];
      const argument = ARGUMENTS[input];
      if (argument === undefined) throw new Error(`Nothing is known of the input ${input} of pulumi/actions`);
      return argument(input === 'policyPacks' ? pack.folder : filledIn(String(value), values(name)));
    });
    const command = String(inputs['command']);
    // As the Automation API does, which the action is written on.
    return stack.pulumi(command, ...(command === 'up' ? ['--yes', '--skip-preview'] : []), ...args);
  };

  test.each(['dev', 'prod'] as const)(
    'preview.yml shows what would be made of %s, under the policy pack',
    async (name) => {
      const { exitCode, output } = await asAction(await opened(awsStack(name)), name, 'preview.yml');
      expect(exitCode, output).toBe(0);
      expect(output).toMatch(/\+ \d{3} to create/);
      expect(output).toMatch(/^Policy Packs run:\n\s+Name\s+Version\n\s+storage\S*\s+\d/m);
    },
  );

  test('preview.yml has checkov look at it', async () => {
    const stack = await opened(awsStack('dev'));
    // The stack's folder becomes a checkout, with settings and a state of its own.
    for (const entry of await readdir(root)) {
      if (!/^(\.git|Pulumi.*\.yaml)$/.test(entry)) {
        await symlink(path.join(root, entry), path.join(stack.folder, entry));
      }
    }
    const { run = '', env } = step('preview.yml', ({ run }) => run?.includes('policy:scan') === true);
    const { exitCode, all: output } = await execa('bash', ['-e', '-o', 'pipefail', '-c', run], {
      cwd: stack.folder,
      // The tools are where this user has them, as on a runner.
      env: { ...stack.env, HOME: os.homedir(), STACK: filledIn(env?.['STACK'] ?? '', values('dev')) },
      all: true,
      reject: false,
    });
    expect(output).toMatch(/^0 high, \d+ justified, \d+ lower, \d{3,} passed/m);
    expect(exitCode).toBe(0);
  });

  test('up.yml brings about what a commit changes', async () => {
    await standing.setConfig('logDays', 60);
    const { exitCode, output } = await asAction(standing, 'dev', 'up.yml');
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/~ \d+ updated/);
    expect(await standing.preview()).toEqual([]);
  });
});
