import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { commandProject, type CommandProject } from '../support/command-project.ts';

/** The stand-in for the command provider when something goes wrong, under the real engine. */

let project: CommandProject['project'];
let diary: CommandProject['diary'];
let entries: CommandProject['entries'];
let program: CommandProject['program'];
let up: CommandProject['up'];
let failingUp: CommandProject['failingUp'];
beforeEach(async () => {
  ({ project, diary, entries, program, up, failingUp } = await commandProject());
});
afterEach(() => project.remove());

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
      '../../scripts/tools/stand-ins/command/bin/pulumi-resource-command',
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
