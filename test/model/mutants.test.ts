import { readFile } from 'node:fs/promises';
import { afterAll, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { readFound } from './mutants/found.ts';
import { PROOF_PAGE, withTable } from './page.ts';
import { Searcher } from './searcher.ts';

/**
 * The search finds every guard that is broken on purpose, by the invariant that it is there for. The run that did
 * it once is looked at first; where the code has changed since and it does so no more, all is searched again.
 */

const MOST_RUNS = 1500;
const found = readFound();
const searcher = new Searcher();
afterAll(() => searcher.close());

it.concurrent.each(MUTANTS)('finds it when $name', async ({ name, story, given, invariant }) => {
  const of = { stories: [story], given };
  const { seed, path } = found[name] ?? { seed: 1, path: undefined };
  const again = await searcher.search({ ...of, mutant: name, invariant, runs: 1, seed, path });
  if (again.violations.length > 0) {
    // It is the broken guard that does it, and nothing else.
    const whole = await searcher.search({ ...of, runs: 1, seed, path });
    expect(whole.violations).toEqual([]);
    return;
  }
  const searched = await searcher.search({ ...of, mutant: name, invariant, runs: MOST_RUNS, seed });
  expect(searched.violations).not.toEqual([]);
});

it('has been found for every mutant, and for no other', () => {
  expect(Object.keys(found).sort()).toEqual(MUTANTS.map(({ name }) => name).sort());
});

it('is in docs/proof.md', async () => {
  const page = await readFile(PROOF_PAGE, 'utf8');
  // Prettier aligns the columns.
  const bare = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{2,}/g, '--');
  expect(bare(page), 'npm run docs').toBe(bare(withTable(page)));
});
