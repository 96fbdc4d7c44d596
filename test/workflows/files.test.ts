import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { ensureActionlint } from '../../scripts/tools/toolchain/actionlint.ts';
import { DOWNLOADED_VERSION } from '../../scripts/tools/toolchain/pulumi-download.ts';
import { ensurePythonTool } from '../../scripts/tools/toolchain/python.ts';
import { folder, root, stepsOf, workflows } from './workflows.ts';

const log = (line: string) => console.log(line);
const all = await workflows();

describe.each(all)('$file', (workflow) => {
  test('every action is pinned to a commit, with its version beside it', () => {
    const uses = workflow.text.match(/uses: .+/g) ?? [];
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(
        /^uses: (\.\/\.github\/workflows\/\w+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
      );
    }
  });

  test('it may do nothing but what a job says', () => {
    expect(workflow.permissions).toEqual({});
    for (const job of Object.values(workflow.jobs)) {
      expect(job.permissions).toMatchObject({ contents: 'read' });
      const written = Object.entries(job.permissions ?? {}).filter(([, right]) => right === 'write');
      for (const [right] of written) {
        expect(['id-token', 'pull-requests', 'issues']).toContain(right);
      }
    }
  });

  test('what touches AWS takes the role of an environment, and lets nothing stand in for a provider', () => {
    for (const [name, job] of Object.entries(workflow.jobs)) {
      const steps = job.steps ?? [];
      const role = steps.find(({ uses }) => uses?.startsWith('aws-actions/configure-aws-credentials@'));
      expect(role !== undefined, name).toBe(
        job.permissions?.['id-token'] === 'write' && job.uses === undefined,
      );
      if (role === undefined) continue;
      expect(job.environment, name).toMatch(/^\$\{\{ (matrix|inputs)\.stack \}\}/);
      expect(role.with).toMatchObject({
        'role-to-assume': '${{ vars.AWS_ROLE }}',
        'allowed-account-ids': '${{ vars.AWS_ACCOUNT }}',
      });
      if (steps.some(({ uses }) => uses?.startsWith('pulumi/actions@'))) {
        expect(job.env).toMatchObject({
          PULUMI_BACKEND_URL: '${{ vars.STATE_URL }}',
          PULUMI_IGNORE_AMBIENT_PLUGINS: 'true',
        });
      }
    }
  });

  test('jobs end, and checkouts leave no token behind', () => {
    for (const job of Object.values(workflow.jobs).filter(({ uses }) => uses === undefined)) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      const checkout = job.steps?.find(({ uses }) => uses?.startsWith('actions/checkout@'));
      expect(checkout?.with).toEqual({ 'persist-credentials': false });
    }
  });
});

describe('the workflows together', () => {
  const byFile = Object.fromEntries(all.map((workflow) => [workflow.file, workflow]));

  test('a stranger gets neither a role nor our code to run', () => {
    expect(all.filter(({ on }) => 'pull_request_target' in on)).toEqual([]);
    expect(byFile['preview.yml']?.text).toContain(
      'if: github.event.pull_request.head.repo.full_name == github.repository',
    );
  });

  test('dev comes before prod, each waits for its own approval, and no update is cut off', () => {
    const { dev, prod } = byFile['deploy.yml']?.jobs ?? {};
    expect(dev).toMatchObject({ uses: './.github/workflows/up.yml', with: { stack: 'dev' } });
    expect(prod).toMatchObject({ needs: 'dev', uses: './.github/workflows/up.yml', with: { stack: 'prod' } });
    const up = byFile['up.yml']?.jobs['up'];
    expect(up?.environment).toBe('${{ inputs.stack }}');
    expect(up?.concurrency).toEqual({ group: 'up-${{ inputs.stack }}', 'cancel-in-progress': false });
  });

  test('drift is looked for every day', () => {
    expect(byFile['drift.yml']?.on['schedule']).toEqual([
      { cron: expect.stringMatching(/^\d+ \d+ \* \* \*$/) as string },
    ]);
  });

  test('they install the CLI that the toolchain downloads', () => {
    const versions = all.flatMap(stepsOf).flatMap(({ step }) => step.with?.['pulumi-version'] ?? []);
    expect(versions.length).toBeGreaterThan(2);
    expect(new Set(versions)).toEqual(new Set([DOWNLOADED_VERSION]));
  });

  test('docs/bootstrap.md tells every variable and every environment', async () => {
    const page = await readFile(path.join(root, 'docs/bootstrap.md'), 'utf8');
    const variables = new Set(
      all.flatMap(({ text }) => [...text.matchAll(/\bvars\.(\w+)/g)].map(([, name]) => name ?? '')),
    );
    expect(variables.size).toBeGreaterThan(4);
    for (const name of variables) {
      expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'));
    }
    for (const { file } of all) expect(page).toContain(`\`${file}\``);
  });

  test('actionlint finds nothing', async () => {
    const actionlint = await ensureActionlint({ log });
    const { all: output, exitCode } = await execa(actionlint, ['-no-color'], {
      cwd: root,
      all: true,
      reject: false,
    });
    expect(output).toBe('');
    expect(exitCode).toBe(0);
  });

  test('zizmor finds nothing of weight', async () => {
    const binDir = await ensurePythonTool('zizmor', { log });
    const { stdout, exitCode, stderr } = await execa(
      path.join(binDir, 'zizmor'),
      ['--offline', '--min-severity=medium', '--format=json-v1', folder],
      { reject: false },
    );
    expect(JSON.parse(stdout), stderr).toEqual([]);
    expect(exitCode).toBe(0);
  });
});

describe('the templates of the bootstrap', async () => {
  const templates = (await readdir(path.join(root, 'docs/bootstrap'))).map((file) =>
    path.join(root, 'docs/bootstrap', file),
  );

  test('cfn-lint finds nothing', async () => {
    const binDir = await ensurePythonTool('cfn-lint', { log });
    const { all: output } = await execa(path.join(binDir, 'cfn-lint'), templates, {
      all: true,
      reject: false,
    });
    expect(output).toBe('');
  });

  // The log bucket does not log itself; and an environment's update writes, also policies and keys, and
  // gets tokens: rights.test.ts says what it may not.
  const JUSTIFIED = [
    'CKV_AWS_18 AWS::S3::Bucket.LogBucket',
    ...['CKV_AWS_107', 'CKV_AWS_108', 'CKV_AWS_109', 'CKV_AWS_110', 'CKV_AWS_111'].map(
      (check) => `${check} AWS::IAM::Role.UpRole`,
    ),
  ];

  test('checkov finds only what is as it must be', async () => {
    const binDir = await ensurePythonTool('checkov', { log });
    const { stdout } = await execa(
      path.join(binDir, 'checkov'),
      [
        '--directory',
        path.join(root, 'docs/bootstrap'),
        '--framework',
        'cloudformation',
        '--output',
        'json',
      ].concat('--skip-download', '--soft-fail'),
    );
    const { results, summary } = JSON.parse(stdout) as {
      summary: { passed: number };
      results: { failed_checks: { check_id: string; resource: string }[] };
    };
    const failed = results.failed_checks.map(({ check_id, resource }) => `${check_id} ${resource}`);
    expect(failed.toSorted()).toEqual(JUSTIFIED.toSorted());
    expect(summary.passed).toBeGreaterThan(40);
  });
});
