import { readFile, writeFile } from 'node:fs/promises';
import { MUTANTS } from './mutants.ts';
import { readFound } from './mutants/found.ts';
import type { Mutant } from './mutants/mutant.ts';

/** The table of docs/proof.md: guards that are broken on purpose, and what it took to find it. */

export const PROOF_PAGE = new URL('../../docs/proof.md', import.meta.url);
const BEGIN = '<!-- Written by `npm run docs` from test/model/mutants; what is changed here is lost. -->\n';
const END = '<!-- Up to here. -->\n';

/** The page with the table as it must be. Throws where the page has no place for it. */
export function withTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/proof.md has no place for its table');
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table(): string {
  const found = readFound();
  const rows = MUTANTS.map((mutant) => {
    const { name, story, invariant } = mutant;
    return [name, filesOf(mutant), invariant, story, `${found[name]?.runs ?? 'never'}`];
  });
  const head = ['what is broken', 'guard in', 'invariant', 'story', 'runs'];
  return [head, ['---', '---', '--:', '---', '--:'], ...rows]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');
}

function filesOf({ edits }: Mutant): string {
  const files = new Set(edits.map(({ file }) => `\`${file.replace(/^scripts\//, '')}\``));
  return [...files].join(', ');
}

if (import.meta.main) await writeFile(PROOF_PAGE, withTable(await readFile(PROOF_PAGE, 'utf8')));
