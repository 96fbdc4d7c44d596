import { SOURCE_BUCKET, type ModelWorld } from './world.ts';

const EVERY_MILLISECONDS = 400;

/** The source's lifecycle: a bucket with a rule that expires everything loses everything. */
export function runLifecycle(world: ModelWorld): void {
  const { simulation, source } = world;
  const look = () => {
    const bucket = source.bucket(SOURCE_BUCKET);
    const rules = bucket.documents.get('lifecycle') ?? '';
    if (rules.includes('<Date>')) {
      for (const key of bucket.keys()) source.remove(SOURCE_BUCKET, key, 'lifecycle', 'expire');
    }
    simulation.schedule(EVERY_MILLISECONDS, null, look);
  };
  simulation.schedule(EVERY_MILLISECONDS, null, look);
}
