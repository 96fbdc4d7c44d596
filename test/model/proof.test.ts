import { searchEveryStory } from './every-story.ts';

/** `MODEL_RUNS` runs a story, from `MODEL_SEED` on. */
searchEveryStory({
  runs: Number(process.env['MODEL_RUNS'] ?? 100),
  seed: Number(process.env['MODEL_SEED'] ?? 1),
});
