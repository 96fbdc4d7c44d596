import { afterAll, expect, it } from 'vitest';
import { STORIES } from './plan.ts';
import { report, Searcher } from './searcher.ts';

/** Searches every story for an interleaving that breaks an invariant of design.md §4 (docs/proof.md). */
export function searchEveryStory({ runs, seed }: { runs: number; seed: number }): void {
  const searcher = new Searcher();
  afterAll(() => searcher.close());

  it.concurrent.each(STORIES)('no interleaving of the story "%s" breaks an invariant', async (story) => {
    const request = { stories: [story], runs, seed };
    const result = await searcher.search(request);
    expect(result.violations, report(request, result)).toEqual([]);
    expect(result.runs).toBe(runs);
  });
}
