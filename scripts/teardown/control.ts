import { createHash } from 'node:crypto';
import type { Environment, Move } from '../environment.ts';
import { UserError } from '../errors.ts';
import { StoreClient } from '../store/client.ts';
import { BucketControl } from '../store/control.ts';
import { hasCode } from '../store/errors.ts';
import { ASIDE_BUCKET } from '../verify/containment.ts';

/** Opens the documents of the source's buckets as their owner, and closes them again. */
export async function withControl<T>(
  environment: Environment,
  work: (control: BucketControl) => Promise<T>,
): Promise<T> {
  const control = await BucketControl.open(environment.source, 'applications', {
    requestSeconds: environment.bounds.requestSeconds,
  });
  try {
    return await work(control);
  } finally {
    control.close();
  }
}

/**
 * Keeps a document of the customer's bucket on Ceph, beside the bytes of conflicts, before we change it.
 * Under a name made of its content, so that no later copy takes an earlier one's place.
 */
export async function keepOriginal(
  environment: Environment,
  move: Move,
  kind: 'policy' | 'lifecycle',
  document: string,
): Promise<void> {
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) throw new UserError(`There is no target "${move.targetCluster}"`);
  const client = await StoreClient.open(endpoint, 'migration-straggler', {
    requestSeconds: environment.bounds.requestSeconds,
  });
  const digest = createHash('sha256').update(document).digest('hex').slice(0, 16);
  try {
    await client.put(
      ASIDE_BUCKET,
      `originals/${move.sourceBucket}/${kind}-${digest}.json`,
      Buffer.from(document),
      { headers: { contentType: 'application/json' }, ifNoneMatch: '*' },
    );
  } catch (error) {
    if (!hasCode(error, 'PreconditionFailed')) throw error;
  } finally {
    await client.close();
  }
}
