import { SOURCE_BUCKET, type ModelWorld } from './world.ts';

const EVERY_MILLISECONDS = 400;
/** So long a day is to it. */
const DAY_MILLISECONDS = 1000;

/** The source's lifecycle: a bucket with a rule that expires everything loses all that is older than a day. */
export function runLifecycle(world: ModelWorld): void {
  const { simulation, source } = world;
  const look = () => {
    const bucket = source.bucket(SOURCE_BUCKET);
    const rules = bucket.documents.get('lifecycle') ?? '';
    if (rules.includes('<Days>1</Days>')) {
      for (const key of bucket.keys()) {
        const at = bucket.current(key)?.at ?? Infinity;
        if (at + DAY_MILLISECONDS < simulation.now) source.remove(SOURCE_BUCKET, key, 'lifecycle', 'expire');
      }
    }
    simulation.schedule(EVERY_MILLISECONDS, null, look);
  };
  simulation.schedule(EVERY_MILLISECONDS, null, look);
}
