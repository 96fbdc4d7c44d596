import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathWith } from '../../scripts/toolchain/executables.ts';
import { policyPackFor, type PolicyPackFolder } from '../../scripts/toolchain/policy-runner.ts';
import { ensurePulumi } from '../../scripts/toolchain/pulumi.ts';
import { awsStack, type AwsStack } from '../support/aws-stack.ts';
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
  'npm test': 'whoever runs this test',
  'npm run ci:drift -- "$STACK"': 'drift.test.ts',
  'node scripts/ci/image-summary.ts "$STACK" "$IMAGE" "$DIGEST" >> "$GITHUB_STEP_SUMMARY"': 'here',
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

describe.each(['dev', 'prod'] as const)('the workflows on the stack %s', (name) => {
  const savedPath = process.env['PATH'] ?? '';
  let stack: AwsStack;
  let pack: PolicyPackFolder;

  beforeAll(async () => {
    pack = policyPackFor(await ensurePulumi({ log: (line) => console.log(line) }));
    process.env['PATH'] = pathWith(pack.binDirs);
    stack = await awsStack(name);
    // The stack's folder becomes a checkout, with settings and a state of its own.
    for (const entry of await readdir(root)) {
      if (!/^(\.git|Pulumi.*\.yaml)$/.test(entry)) {
        await symlink(path.join(root, entry), path.join(stack.folder, entry)).catch(() => {});
      }
    }
  });
  afterAll(async () => {
    process.env['PATH'] = savedPath;
    await stack.remove();
  });

  const values = { 'matrix.stack': name, 'inputs.stack': name, 'github.sha': 'f'.repeat(40) };
  /** What pulumi/actions would run. The pack is started as the CLI of this machine can. */
  const asAction = (file: string) => {
    const inputs = step(file, runsPulumi).with ?? {};
    expect(inputs['policyPacks']).toBe('infra/policy');
    expect(filledIn(String(inputs['stack-name']), values)).toBe(name);
    const args = Object.entries(inputs).flatMap(([input, value]) => {
      if (NOT_ABOUT_THE_ENGINE.includes(input)) return [];
      const argument = ARGUMENTS[input];
      if (argument === undefined) throw new Error(`Nothing is known of the input ${input} of pulumi/actions`);
      return argument(input === 'policyPacks' ? pack.folder : filledIn(String(value), values));
    });
    const command = String(inputs['command']);
    // As the Automation API does, which the action is written on.
    return stack.pulumi(command, ...(command === 'up' ? ['--yes', '--skip-preview'] : []), ...args);
  };

  test('preview.yml shows what would be made, under the policy pack', async () => {
    const { exitCode, output } = await asAction('preview.yml');
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/\+ \d{3} to create/);
    expect(output).toMatch(/Policies:\n\s+✅ storage@v/);
  });

  test('preview.yml has checkov look at it', async () => {
    const { run = '', env } = step('preview.yml', ({ run }) => run?.includes('policy:scan') === true);
    const { exitCode, all: output } = await execa('bash', ['-e', '-o', 'pipefail', '-c', run], {
      cwd: stack.folder,
      env: { ...stack.env, STACK: filledIn(env?.['STACK'] ?? '', values) },
      all: true,
      reject: false,
    });
    expect(output).toMatch(/^0 high, \d+ justified, \d+ lower, \d{3,} passed/m);
    expect(exitCode).toBe(0);
  });

  test('up.yml brings it about', async () => {
    const { exitCode, output } = await asAction('up.yml');
    expect(exitCode, output).toBe(0);
    expect(await stack.preview()).toEqual([]);
  });
});
