import type { Environment } from '../../contract/environment.ts';
import { StoreClient } from '../../store/client.ts';
import type { Deadline } from '../../contract/wait.ts';
import { MIGRATION, VERIFY } from '../../contract/names.ts';

/**
 * How many writes Ceph holds that S3 does not have: what a rollback would lose. The target buckets are
 * versioned since the cutover, so every write and delete since then is a version or a marker of its own;
 * what the bulk copy wrote before has the version id `null`.
 */
export async function countTargetWrites(environment: Environment, deadline?: Deadline): Promise<number> {
  const counts = await Promise.all(environment.moves.map((move) => countOne(environment, move, deadline)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function countOne(
  environment: Environment,
  move: Environment['moves'][number],
  deadline: Deadline | undefined,
): Promise<number> {
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) throw new Error(`No target named ${move.targetCluster}`);
  const options = { requestSeconds: environment.bounds.requestSeconds };
  const target = await StoreClient.open(endpoint, VERIFY, options);
  const source = await StoreClient.open(environment.source, MIGRATION, options);
  try {
    let writes = 0;
    for await (const version of target.listVersions(move.targetBucket, {})) {
      deadline?.assertLeaves(0, 'count the writes on Ceph');
      if (version.versionId === 'null') continue;
      // A straggler's write to S3 that was applied is on both sides.
      const onSource = version.isDeleteMarker ? null : await source.head(move.sourceBucket, version.key);
      if (onSource === null || onSource.etag !== version.etag) writes += 1;
    }
    return writes;
  } finally {
    await Promise.all([target.close(), source.close()]);
  }
}
