import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { versioningOf } from '../../store/versioning.ts';
import { SYNC } from '../../contract/names.ts';

/**
 * A bucket that is not versioned would keep the last of the versions alone, and nobody would be told.
 *
 * @throws UserError (exit 1) where it is not, or no longer
 */
export async function assertVersioned(target: StoreClient, bucket: string): Promise<void> {
  if ((await versioningOf(target, bucket)) === 'Enabled') return;
  throw new UserError(
    `${bucket} at ${target.endpoint.endpoint} is not versioned, so --versions would keep the latest version alone there. ` +
      `Switch it on: aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled --endpoint-url ${target.endpoint.endpoint}`,
    { exitCode: 1 },
  );
}

/** The same of all target buckets, before anything is begun. */
export async function assertTargetsVersioned({ targets, moves, bounds }: Environment): Promise<void> {
  for (const { targetCluster, targetBucket } of moves) {
    const endpoint = targets[targetCluster];
    if (endpoint === undefined) throw new TypeError(`no target ${targetCluster}`);
    const client = await StoreClient.open(endpoint, SYNC, {
      requestSeconds: bounds.requestSeconds,
      connections: 1,
    });
    try {
      await assertVersioned(client, targetBucket);
    } finally {
      await client.close();
    }
  }
}
