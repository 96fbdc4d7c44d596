import { parseArgs } from 'node:util';
import { STORIES, type Story } from './plan.ts';
import { report, Searcher } from './searcher.ts';

/**
 * `npm run test:model -- [--seed N] [--runs N] [--story NAME] [--path PATH] [--mutant NAME]`: searches for as long
 * as it is told to, or shows a run that failed, step by step.
 */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    runs: { type: 'string', default: '1000' },
    story: { type: 'string' },
    path: { type: 'string' },
    mutant: { type: 'string' },
  },
});
const stories = values.story === undefined ? STORIES : STORIES.filter((name) => name === values.story);
if (stories.length === 0)
  throw new Error(`There is no story "${values.story}"; there are: ${STORIES.join(', ')}`);

const searcher = new Searcher();
const found = await Promise.all(stories.map(searchStory));
await searcher.close();
process.exitCode = found.includes(true) ? 1 : 0;

async function searchStory(story: Story): Promise<boolean> {
  const request = {
    stories: [story],
    runs: Number(values.runs),
    seed: Number(values.seed),
    mutant: values.mutant,
    path: values.path,
    shrink: values.path === undefined,
  };
  const result = await searcher.search(request);
  const failed = result.violations.length > 0;
  const said = failed
    ? report(request, result)
    : `seed ${request.seed}: nothing found in ${result.runs} runs`;
  console.log(`${story}: ${said}`);
  return failed;
}
