import { afterAll, expect, it } from 'vitest';
import { STORIES } from './plan.ts';
import { report, Searcher } from './searcher.ts';

/**
 * Searches for an interleaving that breaks an invariant of design.md §4. `MODEL_RUNS` runs a story, from
 * `MODEL_SEED` on (docs/proof.md).
 */

const runs = Number(process.env['MODEL_RUNS'] ?? 100);
const seed = Number(process.env['MODEL_SEED'] ?? 1);
const searcher = new Searcher();
afterAll(() => searcher.close());

it.concurrent.each(STORIES)('no interleaving of the story "%s" breaks an invariant', async (story) => {
  const request = { stories: [story], runs, seed };
  const result = await searcher.search(request);
  expect(result.violations, report(request, result)).toEqual([]);
  expect(result.runs).toBe(runs);
});
