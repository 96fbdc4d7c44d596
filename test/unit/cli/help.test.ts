import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { migrate } from '../../../scripts/cli/commands.ts';

async function help(words: readonly string[], width = 80): Promise<string> {
  let text = '';
  const output = { writeOut: (piece: string) => void (text += piece), getOutHelpWidth: () => width };
  const asked = migrate(output).parseAsync([...words, '--help'], { from: 'user' });
  await expect(asked).rejects.toMatchObject({ code: 'commander.helpDisplayed' });
  return text;
}

/** The names in the lists of commands. */
const commandsIn = (text: string): string[] =>
  text
    .split(/^(?=\S)/m)
    .flatMap((section) =>
      /^(Commands|For )/.test(section)
        ? [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name ?? '')
        : [],
    );

async function everyCommand(): Promise<string[][]> {
  const top = commandsIn(await help([]));
  expect(top).toEqual(expect.arrayContaining(['preflight', 'sync', 'replay', 'verify', 'status']));
  const inner = await Promise.all(top.map(async (name) => [name, commandsIn(await help([name]))] as const));
  return [[], ...inner.flatMap(([name, names]) => [[name], ...names.map((word) => [name, word])])];
}

test('the help of every command shows an example and says what exit codes mean', async () => {
  const commands = await everyCommand();
  expect(commands).toContainEqual(['verify', 'waive']);
  for (const words of commands) {
    const text = await help(words);
    expect(text).toContain(`Example:\n  migrate ${words[0] ?? 'sync'} `.trimEnd());
    expect(text).toContain('Exit codes:\n  0    done');
  }
});

test('help fits a terminal of 80 columns, and has no colour codes', async () => {
  for (const words of await everyCommand()) {
    const text = await help(words);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stripVTControlCharacters(text)).toBe(text);
  }
});
