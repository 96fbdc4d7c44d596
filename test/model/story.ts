import { Cast } from './cast.ts';
import { putBy } from './clients.ts';
import { Endless } from './platform/simulation.ts';
import { FOLLOWER, SOURCE_BUCKET, type ModelWorld } from './world.ts';

const LIMIT = { seconds: 120, events: 40_000 };
const SETTLE_MILLISECONDS = 3000;
const PATIENCE_MILLISECONDS = 8000;

/** Runs a plan to its end: what was begun is ended, and nothing moves any more. */
export async function tellStory(world: ModelWorld): Promise<void> {
  const { plan, simulation, source } = world;
  for (const [key, body] of Object.entries(plan.before)) {
    source.put(SOURCE_BUCKET, key, putBy(FOLLOWER, body));
  }
  const cast = new Cast(world);
  cast.begin();
  // Where the ledger was restored in the middle of a turn, writes may wait until a person has seen to it.
  const waited = () => world.restoredAt !== null && simulation.now > world.restoredAt + PATIENCE_MILLISECONDS;
  await simulation.run(() => (cast.clientsAreDone || waited()) && cast.operator.isDone, LIMIT);
  world.endChaos();
  if (world.restoredAt !== null) {
    // Whoever knows nothing any more does nothing any more: there is no end to wait for.
    await pass(world);
    return;
  }
  cast.operator.tryAgain();
  try {
    await simulation.run(() => cast.operator.isDone && cast.isQuiet(), LIMIT);
  } catch (error) {
    if (error instanceof Endless) throw new Endless(`${error.message}: ${cast.unrest().join('; ')}`);
    throw error;
  }
  await pass(world);
  await simulation.run(() => cast.isQuiet(), LIMIT);
}

/** Some time, so that what wakes up late is seen too. */
async function pass({ simulation }: ModelWorld): Promise<void> {
  let passed = false;
  simulation.schedule(SETTLE_MILLISECONDS, null, () => (passed = true));
  await simulation.run(() => passed, LIMIT);
}
