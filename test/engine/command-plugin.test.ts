import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandProject, type CommandProject } from '../support/command-project.ts';

/** The stand-in for the command provider, driven by the real engine, held against what @pulumi/command 1.2.1 documents. */

let project: CommandProject['project'];
let entries: CommandProject['entries'];
let program: CommandProject['program'];
let up: CommandProject['up'];
beforeEach(async () => {
  ({ project, entries, program, up } = await commandProject());
});
afterEach(() => project.remove());

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
  it('of each command the streams that it asks for, and no others', async () => {
    const shown: Record<string, string[]> = {
      stdout: ['O1'],
      stderr: ['E2'],
      stdoutAndStderr: ['O3', 'E3'],
      none: [],
    };
    const commands = Object.keys(shown).map(
      (logging, index) =>
        // With the number in a variable, what is logged is not also the text of the command.
        `new local.Command('${logging}', { create: 'echo O$N; echo E$N >&2', environment: { N: '${index + 1}' }, logging: '${logging}' });`,
    );
    const output = await up(commands.join('\n'));
    // The engine shows a line as it comes and once more at the end.
    expect([...new Set(output.match(/\b[OE][1-4]\b/g))].sort()).toEqual(Object.values(shown).flat().sort());
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

  it('says that it is a stand-in', async () => {
    expect(await up("new local.Command('one', { create: 'true' });")).toContain(
      'The command 1.2.1 plugin cannot be downloaded here: a stand-in does its work',
    );
  });
});
