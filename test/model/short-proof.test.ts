import { searchEveryStory } from './every-story.ts';

/** Other runs than those of proof.test.ts: what breaks an invariant often shows in a few. */
searchEveryStory({ runs: 10, seed: 2 });
