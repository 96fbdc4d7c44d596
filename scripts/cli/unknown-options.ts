import type { ArgsDef } from 'citty';
import { UserError } from '../contract/errors.ts';

/**
 * Refuses an option that no command of the chain has: citty would leave it out without a word, and a misspelt
 * `--dry-run` would copy.
 *
 * @param words all that came after `migrate`
 * @param definitions the arguments of each command on the way
 * @throws UserError (exit 2) that names the nearest one
 */
export function assertKnownOptions(words: readonly string[], definitions: readonly ArgsDef[]): void {
  const known = new Map(
    definitions
      .flatMap((args) => Object.entries(args))
      .filter(([, definition]) => definition.type !== 'positional'),
  );
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') return;
    const match = /^--?([^=]+)(=)?/.exec(word);
    if (match === null || word === '-') continue;
    const name = kebabCase(match[1] ?? '');
    const definition = known.get(name) ?? known.get(name.replace(/^no-/, ''));
    if (definition === undefined) throw unknown(word, [...known.keys()]);
    const takesValue = definition.type === 'string' || definition.type === 'enum';
    if (!takesValue) continue;
    const isApart = match[2] === undefined;
    if (isApart) index += 1;
    const value = (isApart ? words[index] : word.slice(match[0].length)) ?? '';
    // One that begins with dashes is far more often the next option.
    if (value === '' || (isApart && value.startsWith('--'))) {
      throw new UserError(`--${name} has no value; ${hint(name, definition)}`);
    }
  }
}

function hint(
  name: string,
  { valueHint, description }: { valueHint?: string; description?: string },
): string {
  return `give it as --${name} ${valueHint ?? 'VALUE'}${description === undefined ? '' : `: ${description}`}`;
}

function unknown(word: string, known: string[]): UserError {
  const given = word.replace(/=.*$/s, '');
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(given.replace(/^-+/, ''), name) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance);
  const suggestion = nearest === undefined ? '' : ` Is it --${nearest.name}?`;
  return new UserError(`There is no option ${given}.${suggestion}`);
}

function kebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Levenshtein's: so many letters must be put in, taken out or changed. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
