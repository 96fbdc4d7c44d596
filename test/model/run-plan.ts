import type { Code } from './code.ts';
import { Judge } from './judge.ts';
import type { Plan } from './plan.ts';
import { Endless } from './platform/simulation.ts';
import { tellStory } from './story.ts';
import { ModelWorld } from './world.ts';

/** One run: what was violated, and what happened in words. */
export async function runPlan(
  code: Code,
  plan: Plan,
  options: { telling?: boolean; recording?: boolean } = {},
): Promise<ModelWorld> {
  const world = new ModelWorld(code, plan, options);
  const judge = new Judge(world);
  try {
    await tellStory(world);
    judge.atRest();
  } catch (error) {
    if (!(error instanceof Endless)) throw error;
    // Invariant 5: whichever process is killed, the rest comes to its end.
    world.violated(`5: it does not come to rest: ${error.message}`);
  }
  if (world.ledger.unknown.size > 0) {
    const texts = [...world.ledger.unknown].join('\n');
    throw new Error(`test/model/ledger has no twin of these statements (any more):\n${texts}`);
  }
  return world;
}
