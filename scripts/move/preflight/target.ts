import { type Environment, type Move, type StoreEndpoint } from '../../contract/environment.ts';
import { RESERVED_PREFIX, VERIFY } from '../../contract/names.ts';
import type { Pool } from '../../ledger/database.ts';
import { syncProgress } from '../../ledger/shards.ts';
import { StoreClient } from '../../store/client.ts';
import { blocking, type PreflightFinding } from './finding.ts';

/** Whether the target bucket is empty or filled by us, and has room. */
export async function checkTarget(
  environment: Environment,
  ledger: Pool,
  move: Move,
): Promise<PreflightFinding[]> {
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) return [];
  const about = `target ${move.name}`;
  return [
    ...(await checkForeign(environment, ledger, move, endpoint, about)),
    ...(await checkRoom(environment, move, endpoint, about)),
  ];
}

/** Objects that we did not bring would be deleted as "no longer on S3" by sync, or hide findings. */
async function checkForeign(
  environment: Environment,
  ledger: Pool,
  move: Move,
  endpoint: StoreEndpoint,
  about: string,
): Promise<PreflightFinding[]> {
  if ((await syncProgress(ledger, move.name)).run !== null) return [];
  const client = await StoreClient.open(endpoint, VERIFY, {
    requestSeconds: environment.bounds.requestSeconds,
    connections: 1,
  });
  try {
    const { objects } = await client.listPage(move.targetBucket, { maxKeys: 10 });
    const foreign = objects.find(({ key }) => !key.startsWith(RESERVED_PREFIX));
    if (foreign === undefined) return [];
    return [
      blocking(
        about,
        `${move.targetBucket} is not empty, for example ${JSON.stringify(foreign.key)}, and this move has not written there: sync would delete what S3 does not have. Name an empty bucket`,
      ),
    ];
  } finally {
    await client.close();
  }
}

/** The part of `GET /admin/bucket?stats` that is read here. Sizes in bytes; -1 is no limit. */
type BucketStats = {
  usage: Record<string, { size: number; num_objects: number }>;
  bucket_quota: { enabled: boolean; max_size: number; max_objects: number };
};

/** A quota that is too small is known before terabytes have been copied; where RGW tells sizes. */
async function checkRoom(
  environment: Environment,
  move: Move,
  endpoint: StoreEndpoint,
  about: string,
): Promise<PreflightFinding[]> {
  if (endpoint.kind !== 'ceph' || environment.source.kind !== 'ceph') return [];
  const [source, target] = await Promise.all([
    bucketStats(environment, environment.source, move.sourceBucket),
    bucketStats(environment, endpoint, move.targetBucket),
  ]);
  if (source === null || target === null) return [];
  return roomFindings(about, move.targetBucket, usedBy(source), target.bucket_quota);
}

export function roomFindings(
  about: string,
  bucket: string,
  needed: { bytes: number; objects: number },
  quota: BucketStats['bucket_quota'],
): PreflightFinding[] {
  if (!quota.enabled) return [];
  const findings: PreflightFinding[] = [];
  if (quota.max_size >= 0 && quota.max_size < needed.bytes) {
    findings.push(
      blocking(
        about,
        `the quota of ${bucket} is ${quota.max_size} bytes and S3 has ${needed.bytes}: raise it`,
      ),
    );
  }
  if (quota.max_objects >= 0 && quota.max_objects < needed.objects) {
    findings.push(
      blocking(
        about,
        `the quota of ${bucket} is ${quota.max_objects} objects and S3 has ${needed.objects}: raise it`,
      ),
    );
  }
  return findings;
}

function usedBy(stats: BucketStats): { bytes: number; objects: number } {
  const main = stats.usage['rgw.main'];
  return { bytes: main?.size ?? 0, objects: main?.num_objects ?? 0 };
}

async function bucketStats(
  environment: Environment,
  endpoint: StoreEndpoint,
  bucket: string,
): Promise<BucketStats | null> {
  let admin: StoreClient | undefined;
  try {
    admin = await StoreClient.open(endpoint, 'admin', {
      requestSeconds: environment.bounds.requestSeconds,
      connections: 1,
    });
    const query = { bucket, stats: 'true', format: 'json' };
    return JSON.parse((await admin.send({ method: 'GET', key: 'admin/bucket', query })).text) as BucketStats;
  } catch {
    return null; // no such user there, or without the right: then the room is not known
  } finally {
    await admin?.close();
  }
}
