import { getSsmText } from '../../platform/aws/ssm.ts';
import { CACHED_CLUSTER } from '../../contract/names.ts';
import type { Environment, Move } from '../../contract/environment.ts';
import { bucketArn } from '../../store/bucket-name.ts';
import type { PolicyStatement } from '../../store/control.ts';
import { withControl } from '../common/source-control.ts';

/** The Sids of our statements in a source bucket's policy. AWS allows only letters and digits. */
export const CACHE_TIER_SID = 'StorageMigrationCacheTierReads';
export const CDN_SID = 'StorageMigrationCloudFrontReads';

/** Who reads the images from S3 while it is the store. */
export type Readers = {
  /** The S3 endpoint of the cache tier's VPC: Nginx asks as anybody, through it. */
  vpcEndpoint?: string | undefined;
  /** The distribution that has S3 for its failover, by origin access control. */
  distributionArn?: string | undefined;
};

/**
 * What lets the readers in, and nobody else: a policy with these conditions is not public, so "block
 * public access" stays on. ListBucket is among the actions because without it a missing key is answered
 * 403, not 404, and a miss could not be told from a refusal.
 */
export function readerStatements(bucket: string, readers: Readers): PolicyStatement[] {
  const common = {
    Effect: 'Allow',
    Action: ['s3:GetObject', 's3:ListBucket'],
    Resource: [bucketArn(bucket), `${bucketArn(bucket)}/*`],
  };
  const statements: PolicyStatement[] = [];
  if (readers.vpcEndpoint !== undefined) {
    const Condition = { StringEquals: { 'aws:SourceVpce': readers.vpcEndpoint } };
    statements.push({ Sid: CACHE_TIER_SID, ...common, Principal: '*', Condition });
  }
  if (readers.distributionArn !== undefined) {
    const Condition = { StringEquals: { 'aws:SourceArn': readers.distributionArn } };
    const Principal = { Service: 'cloudfront.amazonaws.com' };
    statements.push({ Sid: CDN_SID, ...common, Principal, Condition });
  }
  return statements;
}

/**
 * Lets the cache tier, and CloudFront's failover, read the images from S3: statements merged into the
 * policies of the buckets behind the cache tier. All that these hold can then be read through the cache
 * tier by anybody who knows its name.
 */
export async function allowCacheTier(environment: Environment): Promise<void> {
  const { sourceVpcEndpoint: vpcEndpoint, distributionParameter } = environment.cacheTier;
  const distributionArn =
    distributionParameter === undefined
      ? undefined
      : (await getSsmText(environment.source.region, distributionParameter))?.text;
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of cachedMoves(environment)) {
      const statements = readerStatements(sourceBucket, { vpcEndpoint, distributionArn });
      if (statements.length > 0) await control.mergePolicy(sourceBucket, statements);
    }
  });
}

/** Takes CloudFront's statement back: its failover to S3 knows no tombstones and ends with `copy`. */
export async function denyCdn(environment: Environment): Promise<void> {
  await removeStatements(environment, [CDN_SID]);
}

/** Takes all of it back, once nothing reads S3 any more. */
export async function denyCacheTier(environment: Environment): Promise<void> {
  await removeStatements(environment, [CACHE_TIER_SID, CDN_SID]);
}

async function removeStatements(environment: Environment, sids: readonly string[]): Promise<void> {
  await withControl(environment, async (control) => {
    for (const { sourceBucket } of cachedMoves(environment)) await control.removePolicy(sourceBucket, sids);
  });
}

function cachedMoves({ moves }: Environment): Move[] {
  return moves.filter(({ targetCluster }) => targetCluster === CACHED_CLUSTER);
}
