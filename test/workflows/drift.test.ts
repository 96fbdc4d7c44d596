import { readFile, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineProject, type EngineProject } from '../support/engine.ts';
import { tamper } from '../support/recording-project.ts';
import { gitHub, type GitHub, type Issue } from './github-server.ts';
import { filledIn, root, stepsOf, workflows } from './workflows.ts';

const TITLE = 'Drift: test is not what main says';

describe('the search for drift', () => {
  let project: EngineProject;
  let github: GitHub;
  let command: string;

  beforeAll(async () => {
    project = await engineProject();
    // In place of a checkout: the commands of package.json, and a program of a few resources.
    await rm(path.join(project.folder, 'package.json'));
    for (const name of ['package.json', 'scripts']) {
      await symlink(path.join(root, name), path.join(project.folder, name));
    }
    const good = path.join(root, 'test/engine/policy/programs/good.ts');
    await project.program(await readFile(good, 'utf8'));
    const { exitCode, output } = await project.pulumi('up', '--yes', '--skip-preview');
    expect(exitCode, output).toBe(0);
    github = await gitHub([
      {
        number: 1,
        title: TITLE,
        body: 'Somebody else wrote this one.',
        state: 'open',
        user: 'a-person',
        comments: [],
      },
    ]);
    const drift = (await workflows()).find(({ file }) => file === 'drift.yml');
    const step = drift && stepsOf(drift).find((one) => one.step.run?.includes('ci:drift'))?.step;
    expect(step?.env).toEqual({ STACK: '${{ matrix.stack }}', GITHUB_TOKEN: '${{ github.token }}' });
    command = filledIn(step?.run ?? '', {});
  });

  afterAll(async () => {
    await github.close();
    await project.remove();
  });

  /** Runs the step of the workflow. */
  const look = async () => {
    const { exitCode, all } = await execa('bash', ['-e', '-o', 'pipefail', '-c', command], {
      cwd: project.folder,
      env: { ...project.env, ...github.variables, STACK: 'test' },
      all: true,
      reject: false,
    });
    return { exitCode, output: all };
  };
  const ours = (): Issue[] => github.issues.filter(({ user }) => user !== 'a-person');

  test('nothing drifts: no issue', async () => {
    const { exitCode, output } = await look();
    expect(output).toContain('test has not drifted.');
    expect(exitCode).toBe(0);
    expect(ours()).toEqual([]);
  });

  test('something drifts: an issue says what, and is not opened twice', async () => {
    const recorded = path.join(project.folder, 'recorded');
    await tamper(recorded, 'test', 'queue', (queue) => {
      queue['kmsMasterKeyId'] = 'alias/aws/sqs';
    });
    const { exitCode, output } = await look();
    expect(output).toContain('test drifts: issue 2 is opened.');
    expect(exitCode).toBe(0);
    expect(ours()).toMatchObject([{ title: TITLE, state: 'open' }]);
    expect(ours()[0]?.body).toContain('kmsMasterKeyId');
    expect(ours()[0]?.body).toContain('https://github.example/food-co/storage/actions/runs/42');

    const first = ours()[0]?.body;
    await tamper(recorded, 'test', 'workers', () => null);
    expect((await look()).output).toContain('test still drifts: issue 2 is brought up to date.');
    expect(ours()).toHaveLength(1);
    expect(ours()[0]?.body).not.toBe(first);
  });

  test('it looks, and changes nothing', async () => {
    const { stdout } = await project.start('stack', 'history', '--json');
    expect((JSON.parse(stdout) as { kind: string }[]).map(({ kind }) => kind)).toEqual(['update']);
  });

  test('the drift is taken back: the issue is closed', async () => {
    const { exitCode, output } = await project.pulumi('up', '--yes', '--skip-preview', '--refresh');
    expect(exitCode, output).toBe(0);
    expect((await look()).output).toContain('test no longer drifts: issue 2 is closed.');
    expect(ours()).toMatchObject([
      { state: 'closed', comments: ['No longer: https://github.example/food-co/storage/actions/runs/42'] },
    ]);
    expect(github.issues[0]).toMatchObject({ state: 'open', body: 'Somebody else wrote this one.' });
  });

  test('what could not be looked at is no drift', async () => {
    await project.program("throw new Error('broken');");
    const { exitCode, output } = await look();
    expect(output).toContain('pulumi preview --refresh of test failed.');
    expect(exitCode).toBe(3);
    expect(github.issues).toHaveLength(2);
  });
});
