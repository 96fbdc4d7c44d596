import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.ts';
import { FOUND_FILE, readFound, type Found } from './mutants/found.ts';
import type { Mutant } from './mutants/mutant.ts';
import { STORIES, type Story } from './plan.ts';
import { report, Searcher } from './searcher.ts';

/**
 * `npm run test:model -- [--seed N] [--runs N] [--story NAME] [--path PATH] [--mutant NAME]`: searches for as long
 * as its options say, or shows a run that failed, step by step. With `--mutants` it looks for every guard that is
 * broken on purpose (or that of `--mutant`), and writes down where it was found.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '1000' },
    story: { type: 'string' },
    path: { type: 'string' },
    mutant: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const searcher = new Searcher();
const failed = values.mutants ? await searchMutants() : await searchStories();
await searcher.close();
process.exitCode = failed ? 1 : 0;

async function searchStories(): Promise<boolean> {
  const stories = values.story === undefined ? STORIES : STORIES.filter((name) => name === values.story);
  if (stories.length === 0)
    throw new Error(`There is no story "${values.story}"; there are: ${STORIES.join(', ')}`);
  return (await Promise.all(stories.map(searchStory))).includes(true);
}

async function searchStory(story: Story): Promise<boolean> {
  const request = {
    stories: [story],
    runs,
    seed: Number(values.seed ?? Date.now() % 2 ** 31),
    mutant: values.mutant,
    path: values.path,
    shrink: values.path === undefined,
  };
  const result = await searcher.search(request);
  const said =
    result.violations.length > 0
      ? report(request, result)
      : `seed ${request.seed}: nothing found in ${result.runs} runs`;
  console.log(`${story}: ${said}`);
  return result.violations.length > 0;
}

/** @returns whether one was not found */
async function searchMutants(): Promise<boolean> {
  const wanted = MUTANTS.filter(({ name }) => values.mutant === undefined || name === values.mutant);
  const found = new Map<string, Found | null | undefined>(Object.entries(readFound()));
  await Promise.all(wanted.map(async (mutant) => found.set(mutant.name, await searchMutant(mutant))));
  const listed = MUTANTS.flatMap(({ name }) => (found.get(name) ? [[name, found.get(name)]] : []));
  await writeFile(FOUND_FILE, `${JSON.stringify(Object.fromEntries(listed), null, 2)}\n`);
  return wanted.some(({ name }) => found.get(name) === null);
}

async function searchMutant({ name, story, given, invariant }: Mutant): Promise<Found | null> {
  const seed = Number(values.seed ?? 1);
  const request = { stories: [story], given, mutant: name, invariant, runs, seed };
  const { violations, path, runs: made } = await searcher.search(request);
  const [violation] = violations;
  console.log(
    `${violation === undefined ? 'NOT FOUND' : 'found'} in ${made} runs: ${name}: ${violation ?? ''}`,
  );
  return violation === undefined || path === undefined ? null : { seed, path, runs: made };
}
