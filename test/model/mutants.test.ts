import { afterAll, expect, it } from 'vitest';
import { MUTANTS } from './mutants.ts';
import { Searcher } from './searcher.ts';

/** The search finds every guard that is broken on purpose. */

const MOST_RUNS = 600;
const seed = Number(process.env['MODEL_SEED'] ?? 1);
const searcher = new Searcher();
afterAll(() => searcher.close());

it.concurrent.each(MUTANTS)('finds it when $name', async ({ name, stories }) => {
  const { violations } = await searcher.search({ stories, mutant: name, runs: MOST_RUNS, seed });
  expect(violations).not.toEqual([]);
});
