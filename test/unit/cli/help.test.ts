import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { usage } from '../../../scripts/cli/commands.ts';

const help = async (...words: string[]) => stripVTControlCharacters(await usage(words));

/** The names in the list of commands. */
const commandsIn = (text: string) =>
  [...(text.split('COMMANDS')[1] ?? '').matchAll(/^ *([a-z][a-z-]*) {4}/gm)].map(([, name]) => name ?? '');

test('the help of every command shows an example and says what exit codes mean', async () => {
  const top = commandsIn(await help());
  expect(top).toEqual(expect.arrayContaining(['preflight', 'sync', 'replay', 'verify', 'status']));
  const paths = [[], ...top.map((name) => [name])];
  for (const name of top) {
    paths.push(...commandsIn(await help(name)).map((inner) => [name, inner]));
  }
  expect(paths).toContainEqual(['verify', 'waive']);
  const lacking: string[] = [];
  for (const words of paths) {
    const text = await help(...words);
    if (!text.includes('Example: migrate ')) lacking.push(words.join(' '));
    expect(text).toContain('EXIT CODES  0 done · 1 differences');
  }
  expect(lacking).toEqual([]);
});
