import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { engineProject, type EngineProject } from '../support/engine.ts';

/**
 * The stand-in for the command provider, driven by the real engine, held against what @pulumi/command 1.2.1
 * documents.
 */

let project: EngineProject;
/** What the commands did, one line each. */
let diary: string;
beforeEach(async () => {
  project = await engineProject();
  diary = path.join(project.folder, 'diary');
  await writeFile(diary, '');
});
afterEach(() => project.remove());

/** Replaces the program by one with these resources and outputs. */
async function program(body: string): Promise<void> {
  await project.program(
    `import pulumi from '@pulumi/pulumi';\nimport { local, remote } from '@pulumi/command';\nvoid pulumi; void local; void remote;\nconst diary = '${diary}';\n${body}`,
  );
}

async function up(body: string) {
  await program(body);
  const result = await project.pulumi('up', '--yes', '--skip-preview');
  expect(result.exitCode, result.output).toBe(0);
  return result.output;
}

async function failingUp(body: string) {
  await program(body);
  const result = await project.pulumi('up', '--yes', '--skip-preview');
  expect(result.exitCode, result.output).not.toBe(0);
  return result.output;
}

const entries = async () => (await readFile(diary, 'utf8')).split('\n').filter((line) => line !== '');

describe('the life of a command', () => {
  it('creates once, updates in place on any changed input, and deletes', async () => {
    const body = (input: string) => `const one = new local.Command('one', {
      create: \`echo create >> \${diary}\`, update: \`echo update >> \${diary}\`, delete: \`echo delete >> \${diary}\`, ${input} });
      export const id = one.id;`;
    await up(body(''));
    const { id } = await project.outputs();
    await up(body(''));
    expect(await entries()).toEqual(['create']);
    await up(body("environment: { A: 'b' }"));
    await up(body("environment: { A: 'b' }, stdin: 'x'"));
    await up(body("environment: { A: 'b' }, stdin: 'x', logging: 'none'"));
    expect(await entries()).toEqual(['create', 'update', 'update', 'update']);
    expect(await project.outputs()).toEqual({ id });
    expect(id).toMatch(/^one[0-9a-f]{8}$/);
    await up('');
    expect(await entries()).toEqual(['create', 'update', 'update', 'update', 'delete']);
  });

  it('runs create again where there is no update', async () => {
    const body = (
      text: string,
    ) => `const one = new local.Command('one', { create: \`echo ${text} | tee -a \${diary}\` });
      export const stdout = one.stdout;`;
    await up(body('first'));
    await up(body('second'));
    expect(await entries()).toEqual(['first', 'second']);
    expect(await project.outputs()).toEqual({ stdout: 'second' });
  });

  it('replaces on changed triggers: the new create, then the old delete', async () => {
    const body = (trigger: string) => `new local.Command('one', {
      create: \`echo create ${trigger} >> \${diary}\`, update: \`echo update >> \${diary}\`, delete: \`echo delete ${trigger} >> \${diary}\`,
      triggers: [{ deep: ['${trigger}'] }] });`;
    await up(body('a'));
    await up(body('b'));
    expect(await entries()).toEqual(['create a', 'create b', 'delete a']);
  });

  it('runs nothing in a preview, and its outputs are unknown then', async () => {
    await program(
      "const one = new local.Command('one', { create: `echo create >> ${diary}` });\nnew local.Command('two', { create: one.stdout, dir: one.stdout, interpreter: [one.stdout] });",
    );
    const { exitCode, output } = await project.pulumi('preview');
    expect(exitCode, output).toBe(0);
    expect(output).toContain('+ 3 to create');
    expect(await entries()).toEqual([]);
  });

  it('destroy runs delete', async () => {
    await up("new local.Command('one', { create: 'true', delete: `echo delete >> ${diary}` });");
    const { exitCode, output } = await project.pulumi('destroy', '--yes', '--skip-preview');
    expect(exitCode, output).toBe(0);
    expect(await entries()).toEqual(['delete']);
  });
});

describe('what a command gets', () => {
  it('stdin, environment, dir and interpreter', async () => {
    const dir = path.join(project.folder, 'elsewhere');
    await mkdir(dir, { recursive: true });
    await up(`const one = new local.Command('one', { create: 'cat; echo $GREETING; pwd', stdin: 'in\\n', environment: { GREETING: 'hello' }, dir: '${dir}' });
      const two = new local.Command('two', { create: 'console.log(6 * 7)', interpreter: ['node', '-e'] });
      const three = new local.Command('three', { create: 'pwd; cat' });
      export const out = [one.stdout, two.stdout, three.stdout];`);
    expect(await project.outputs()).toEqual({ out: [`in\nhello\n${dir}`, '42', project.folder] });
  });

  it('what the command before it printed, unless told not to', async () => {
    const command = (name: string, more: string) => `new local.Command('${name}', {
      create: 'echo out-${name}; echo err-${name} >&2',
      delete: \`echo ${name}: $PULUMI_COMMAND_STDOUT $PULUMI_COMMAND_STDERR >> \${diary}\`, ${more} });`;
    await up(command('one', ''));
    await up(command('two', 'addPreviousOutputInEnv: false'));
    await up('');
    expect(await entries()).toEqual(['one: out-one err-one', 'two:']);
    await up(`const three = new local.Command('three', { create: 'echo first' });`);
    await up(`const three = new local.Command('three', { create: 'echo first', update: 'echo after $PULUMI_COMMAND_STDOUT' });
      export const stdout = three.stdout;`);
    expect(await project.outputs()).toEqual({ stdout: 'after first' });
  });

  it('its output is trimmed of one newline', async () => {
    await up(`const one = new local.Command('one', { create: "printf ' a\\\\n\\\\n'; printf 'b' >&2" });
      export const out = [one.stdout, one.stderr];`);
    expect(await project.outputs()).toEqual({ out: [' a\n', 'b'] });
  });

  it('a secret input makes the outputs secret', async () => {
    await up(`const one = new local.Command('one', { create: 'echo got $WORD', environment: { WORD: pulumi.secret('hidden') }, logging: 'none' });
      export const stdout = one.stdout;`);
    expect(await project.outputs()).toEqual({ stdout: 'got hidden' });
    expect((await project.pulumi('stack', 'output')).output).not.toContain('hidden');
    expect((await project.pulumi('stack', 'export')).output).not.toContain('hidden');
  });
});

describe('what is shown', () => {
  // The commands' own text also appears in the error-free output of "up" only when it was logged.
  it.each([
    ['stdout', ['O1'], ['E1']],
    ['stderr', ['E1'], ['O1']],
    ['stdoutAndStderr', ['O1', 'E1'], []],
    ['none', [], ['O1', 'E1']],
  ])('logging: %s', async (logging, shown, hidden) => {
    const output = await up(
      `new local.Command('one', { create: 'echo O$N; echo E$N >&2', environment: { N: '1' }, logging: '${logging}' });`,
    );
    for (const text of shown) expect(output).toContain(text);
    for (const text of hidden) expect(output).not.toContain(text);
  });

  it('a line is shown while the command still runs', async () => {
    // The command ends only when we have seen its line.
    const gate = path.join(project.folder, 'gate');
    await execa('mkfifo', [gate]);
    await program(`new local.Command('one', { create: 'echo L$N; cat ${gate}', environment: { N: '7' } });`);
    const running = project.start('up', '--yes', '--skip-preview');
    let seen = '';
    const shown = new Promise<void>((resolve) => {
      running.all.on('data', (text: Buffer) => {
        seen += text.toString();
        if (seen.includes('L7')) resolve();
      });
    });
    await Promise.race([shown, running]);
    expect(seen).toContain('L7');
    await writeFile(gate, '');
    expect((await running).exitCode).toBe(0);
  });

  it('says that it stands in', async () => {
    expect(await up("new local.Command('one', { create: 'true' });")).toContain(
      'The command 1.2.1 plugin cannot be downloaded here: a stand-in does its work',
    );
  });
});

describe('failures', () => {
  it('a command that fails fails the update and says what it printed; the next run tries again', async () => {
    const output = await failingUp(
      "new local.Command('one', { create: `echo try >> ${diary}; echo partly; echo broken >&2; exit 3` });",
    );
    expect(output).toContain('exit status 3: running "echo try');
    expect(output).toMatch(/partly\n\s*broken/);
    expect(output).not.toContain('at async');
    await up("new local.Command('one', { create: `echo again >> ${diary}` });");
    expect(await entries()).toEqual(['try', 'again']);
  });

  it('an update that fails leaves the resource as it was and is tried again', async () => {
    const body = (update: string) =>
      `new local.Command('one', { create: 'echo made', update: \`${update}\` });`;
    await up(body('true'));
    await failingUp(body('echo try >> ${diary}; false'));
    const output = await failingUp(body('echo try >> ${diary}; false'));
    expect(await entries()).toEqual(['try', 'try']);
    expect(output).toContain('exit status 1: running');
    await up(body('echo fine >> ${diary}'));
    expect(await entries()).toEqual(['try', 'try', 'fine']);
  });

  it('a delete that fails keeps the resource', async () => {
    await up(
      "new local.Command('one', { create: 'true', delete: 'echo stays >&2; test -e ' + diary + '.free' });",
    );
    expect(await failingUp('')).toContain('stays');
    await writeFile(`${diary}.free`, '');
    await up('');
  });

  it('a folder or program that is not there', async () => {
    expect(await failingUp("new local.Command('one', { create: 'true', dir: '/not/there' });")).toContain(
      'ENOENT',
    );
    expect(
      await failingUp("new local.Command('one', { create: 'x', interpreter: ['/not/there'] });"),
    ).toContain('ENOENT');
  });

  it.each([
    ["new local.Command('one', { create: 'true', assetPaths: ['*'] });", 'does not collect files'],
    ["new local.Command('one', { create: 'true', archivePaths: ['*'] });", 'does not collect files'],
    ["new local.Command('one', { create: 'true', logging: 'loud' as any });", 'Expected one of "stdout"'],
    ["new local.Command('one', { create: 7 as any });", 'Expected a string, got 7.'],
    [
      "new remote.Command('one', { connection: { host: 'h' } });",
      'has only command:local:Command, not command:remote:Command',
    ],
  ])('refuses %s', async (body, message) => {
    expect(await failingUp(body)).toContain(message);
  });
});

describe('processes', () => {
  it('ends when the engine is killed, and leaves the command running', async () => {
    const [pids, gate] = [`${diary}.pids`, `${diary}.gate`];
    await execa('mkfifo', [gate]);
    await program(
      "new local.Command('one', { create: `echo $PPID $$ > ${diary}.pids; cat ${diary}.gate; echo done >> ${diary}` });",
    );
    const running = project.start('up', '--yes', '--skip-preview');
    const [plugin = 0, command = 0] = (await contents(pids)).split(' ').map(Number);
    running.kill('SIGKILL');
    await running;
    await ended(plugin);
    expect(isAlive(command)).toBe(true);
    await writeFile(gate, '');
    expect(await contents(diary)).toBe('done\n');
  });

  it('refuses a backend that is not in files', async () => {
    const plugin = path.resolve(
      import.meta.dirname,
      '../../scripts/toolchain/plugins/command/bin/pulumi-resource-command',
    );
    for (const [backend, text] of [
      ['https://api.pulumi.com', 'this is https://api.pulumi.com'],
      ['', 'PULUMI_BACKEND_URL is not set'],
    ]) {
      const result = await execa(plugin, ['127.0.0.1:1'], {
        reject: false,
        env: { PULUMI_BACKEND_URL: backend },
      });
      expect(result.exitCode).toBe(1);
      expect(result.stdout).toBe('');
      expect(result.stderr).toContain(text);
    }
  });
});

/** What is in a file, as soon as there is something in it. */
async function contents(file: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const text = await readFile(file, 'utf8');
      expect(text).not.toBe('');
      return text;
    },
    { timeout: 60_000, interval: 50 },
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
async function ended(pid: number): Promise<void> {
  await execa('tail', ['--pid', String(pid), '-f', '/dev/null'], { timeout: 60_000 });
}
