import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { AlarmTopic } from '../../foundation/alarms.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import type { Phase } from '../../../scripts/contract/phases.ts';
import type { StorageNames } from '../applications/names.ts';
import { PublicNames } from '../applications/public-names.ts';
import { CdnAccessLog } from './access-log.ts';
import { cdnAlarms } from './alarms.ts';
import { EdgeFirewall } from './firewall.ts';
import { ImagesDistribution } from './images-distribution.ts';
import { responseHeaders, type EdgeSeconds } from './policies.ts';
import { SignedDistribution } from './signed-distribution.ts';
import { CacheTierOrigin } from './vpc-origin.ts';

export type CdnArgs = {
  environment: 'dev' | 'prod';
  /** Whether S3 is the fail-over of the cache tier: in `prepare` and `copy` only. Nothing else changes by it. */
  phase: Phase;
  names: StorageNames;
  /** The public hosted zone, for the names. */
  zoneId: pulumi.Input<string>;
  /** The certificate of the public names; in us-east-1. */
  certificateArn: pulumi.Input<string>;
  vpcId: pulumi.Input<string>;
  /** The one before the cache tier. */
  loadBalancer: { arn: pulumi.Input<string>; securityGroupId: pulumi.Input<string> };
  /**
   * The buckets of the images cluster. Browsers read `/BUCKET/KEY` before and after the cutover, so a bucket
   * has one name on both stores.
   */
  buckets: readonly { name: string; source: string; target: string; s3HostName: pulumi.Input<string> }[];
  /** The longest that a request may take before its answer begins, in seconds; CloudFront gives up after 60. */
  requestSeconds: number;
  /**
   * How long the edge shows an image without asking again, in seconds: longer costs fewer requests, and shows
   * what was overwritten, deleted or made private for as long. Default: 10, and at most 60 whatever the
   * object says.
   */
  edgeSeconds?: EdgeSeconds;
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  /** How long the firewall's log is kept, in days. */
  logDays: number;
  /** What is in us-east-1, where CloudFront's metrics and the firewall's logs are. */
  edge: { alarms: AlarmTopic; logKey: EncryptionKey };
};

/** The content delivery network before the images: a cached host for anyone, an uncached one for signatures. */
export class Cdn extends pulumi.ComponentResource {
  /** Of the cached host: what S3's bucket policies name. */
  readonly distributionArn: pulumi.Output<string>;
  /** CloudFront's own name of the cached host, `….cloudfront.net`. */
  readonly domainName: pulumi.Output<string>;

  constructor(name: string, args: CdnArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:Cdn', name, {}, options);
    const child = { parent: this };
    assertOneName(args.buckets);
    const firewall = new EdgeFirewall(
      `${name}-firewall`,
      { environment: args.environment, logDays: args.logDays, logKey: args.edge.logKey },
      child,
    );
    const origin = new CacheTierOrigin(`${name}-origin`, args, child);
    const common = {
      nginx: {
        vpcOriginId: origin.vpcOriginId,
        hostName: args.names.cacheTier,
        requestSeconds: args.requestSeconds,
      },
      responseHeadersPolicyId: responseHeaders(`${name}-headers`, child).id,
      certificateArn: args.certificateArn,
      firewallArn: firewall.arn,
    };
    const { distribution: images } = new ImagesDistribution(
      `${name}-images`,
      {
        ...common,
        phase: args.phase,
        hostName: args.names.images,
        signedHost: args.names.signed,
        buckets: args.buckets.map((bucket) => ({ ...bucket, bucket: bucket.source })),
        edgeSeconds: args.edgeSeconds ?? { standard: 10, maximum: 60 },
      },
      child,
    );
    const { distribution: signed } = new SignedDistribution(
      `${name}-signed`,
      { ...common, hostName: args.names.signed },
      child,
    );
    const hosts = [
      { label: 'images', distribution: images, hostNames: [args.names.images] },
      { label: 'signed', distribution: signed, hostNames: [args.names.signed, `*.${args.names.signed}`] },
    ];
    for (const { label, distribution, hostNames } of hosts) {
      new CdnAccessLog(
        `${name}-${label}-log`,
        {
          logName: `storage-${args.environment}-${label}`,
          distributionArn: distribution.arn,
          bucketName: args.accessLogs.bucketName,
        },
        child,
      );
      new PublicNames(`${name}-${label}-names`, { zoneId: args.zoneId, hostNames, distribution }, child);
      // Latency and the rate of each status are measured only where this is on.
      new aws.cloudfront.MonitoringSubscription(
        `${name}-${label}-metrics`,
        {
          distributionId: distribution.id,
          monitoringSubscription: {
            realtimeMetricsSubscriptionConfig: { realtimeMetricsSubscriptionStatus: 'Enabled' },
          },
        },
        child,
      );
      cdnAlarms(`${name}-${label}`, { topic: args.edge.alarms, distributionId: distribution.id }, child);
    }
    this.distributionArn = images.arn;
    this.domainName = images.domainName;
    this.registerOutputs({ distributionArn: this.distributionArn, domainName: this.domainName });
  }
}

function assertOneName(buckets: CdnArgs['buckets']): void {
  const renamed = buckets.filter(({ source, target }) => source !== target);
  if (renamed.length === 0) return;
  throw new pulumi.InputPropertyError({
    propertyPath: 'buckets',
    reason: renamed
      .map(
        ({ name, source, target }) =>
          `"${name}" is ${source} on S3 and ${target} on Ceph, but its images have one address for browsers, /${source}/KEY. ` +
          `Set the target of "${name}" to ${source}.`,
      )
      .join(' '),
  });
}
