import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Phase } from '../../../scripts/contract/phases.ts';
import { distributionDefaults, nginxOrigin, type DistributionArgs } from './distribution-settings.ts';
import { FAILOVER_STATUS_CODES, originsOf, type ServedBucket } from './origins.ts';
import { imagesCachePolicy, type EdgeSeconds } from './policies.ts';
import { anonymousReadFunction, nothingHereFunction } from './viewer-functions.ts';

const READS = ['GET', 'HEAD', 'OPTIONS'];
const NOTHING_ID = 'nginx';

export type ImagesDistributionArgs = DistributionArgs & {
  /** Whether CloudFront fails over to S3. */
  phase: Phase;
  /** The name that browsers use. */
  hostName: string;
  /** Where signed requests belong; these are refused here. */
  signedHost: string;
  /** Each with the name of its S3 endpoint: `BUCKET.s3.REGION.amazonaws.com`. */
  buckets: readonly (ServedBucket & { s3HostName: pulumi.Input<string> })[];
  /** How long the edge may use an answer without asking again, in seconds. */
  edgeSeconds: EdgeSeconds;
};

/**
 * What anyone may read of the images, `/BUCKET/KEY`, kept at the edge. Each bucket has a behaviour whose
 * function takes the bucket off the path, so that an origin is about one bucket: the cache tier puts it back
 * by its origin path, S3 has it in its name.
 */
export class ImagesDistribution extends pulumi.ComponentResource {
  readonly distribution: aws.cloudfront.Distribution;

  constructor(name: string, args: ImagesDistributionArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:ImagesDistribution', name, {}, options);
    // In every phase: a bucket's policy may still name it, and it costs nothing.
    const accessControl = new aws.cloudfront.OriginAccessControl(
      `${name}-s3-access`,
      {
        description: 'Reads the source buckets while S3 is the store',
        originAccessControlOriginType: 's3',
        signingBehavior: 'always',
        signingProtocol: 'sigv4',
      },
      { parent: this },
    );
    const cachePolicy = imagesCachePolicy(`${name}-cache`, args.edgeSeconds, { parent: this });
    const behaviours = args.buckets.map((bucket) => ({
      ...this.#behaviour(
        this.#function(
          `${name}-read-${bucket.name}`,
          `Reads of ${bucket.bucket}`,
          anonymousReadFunction(bucket.bucket, args.signedHost),
        ),
        originsOf(args.phase, bucket).targetId,
        cachePolicy.id,
        args.responseHeadersPolicyId,
      ),
      pathPattern: `/${bucket.bucket}/*`,
    }));
    const nothingHere = this.#function(`${name}-nothing`, 'Paths without a bucket', nothingHereFunction());
    this.distribution = new aws.cloudfront.Distribution(
      `${name}-distribution`,
      {
        ...distributionDefaults(args),
        comment: 'Images that anyone may read',
        aliases: [args.hostName],
        origins: [
          nginxOrigin(NOTHING_ID, args.nginx),
          ...args.buckets.flatMap((bucket) => originsFor(bucket, args, accessControl.id)),
        ],
        originGroups: args.buckets.flatMap((bucket) => originGroupFor(bucket, args.phase)),
        defaultCacheBehavior: this.#behaviour(
          nothingHere,
          NOTHING_ID,
          cachePolicy.id,
          args.responseHeadersPolicyId,
        ),
        orderedCacheBehaviors: behaviours,
      },
      { parent: this },
    );
    this.registerOutputs({ arn: this.distribution.arn });
  }

  #function(name: string, comment: string, code: string): aws.cloudfront.Function {
    return new aws.cloudfront.Function(
      name,
      { runtime: 'cloudfront-js-2.0', comment, code, publish: true },
      { parent: this },
    );
  }

  #behaviour(
    viewerRequest: aws.cloudfront.Function,
    targetOriginId: string,
    cachePolicyId: pulumi.Input<string>,
    responseHeadersPolicyId: pulumi.Input<string>,
  ): aws.types.input.cloudfront.DistributionDefaultCacheBehavior {
    return {
      targetOriginId,
      viewerProtocolPolicy: 'redirect-to-https',
      allowedMethods: READS,
      cachedMethods: ['GET', 'HEAD'],
      cachePolicyId,
      responseHeadersPolicyId,
      compress: false,
      functionAssociations: [{ eventType: 'viewer-request', functionArn: viewerRequest.arn }],
    };
  }
}

type Bucket = ImagesDistributionArgs['buckets'][number];

function originsFor(
  bucket: Bucket,
  args: ImagesDistributionArgs,
  originAccessControlId: pulumi.Input<string>,
): aws.types.input.cloudfront.DistributionOrigin[] {
  const { nginxId, failoverId } = originsOf(args.phase, bucket);
  const nginx = nginxOrigin(nginxId, args.nginx, `/${bucket.bucket}`);
  if (failoverId === null) return [nginx];
  return [nginx, { originId: failoverId, domainName: bucket.s3HostName, originAccessControlId }];
}

function originGroupFor(bucket: Bucket, phase: Phase): aws.types.input.cloudfront.DistributionOriginGroup[] {
  const { nginxId, failoverId, groupId } = originsOf(phase, bucket);
  if (failoverId === null || groupId === null) return [];
  return [
    {
      originId: groupId,
      failoverCriteria: { statusCodes: FAILOVER_STATUS_CODES },
      members: [{ originId: nginxId }, { originId: failoverId }],
    },
  ];
}
