import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument } from './iam.ts';
import { logBucketStatements } from './log-bucket-policy.ts';
import { blockPublicAccess } from './private-bucket.ts';
import { protection, type Protection } from './protection.ts';
import { whenReady } from './ready.ts';

export { logGroup, type LogGroupArgs } from './log-groups.ts';

export type AccessLogsArgs = Protection & {
  account: string;
  region: string;
  /** Logs are removed after so many days. */
  days: number;
};

/** Overwritten and deleted logs stay so many days more: traces cannot be hidden at once. */
const NONCURRENT_DAYS = 30;

/**
 * The bucket that takes the access logs of load balancers, of CloudFront and of other buckets. Private,
 * encrypted by S3 itself: load balancers cannot write where a key of KMS is asked for.
 */
export class AccessLogs extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  readonly bucketDomainName: pulumi.Output<string>;

  constructor(name: string, args: AccessLogsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:logs:AccessLogs', name, {}, options);
    const bucket = new aws.s3.Bucket(
      `${name}-bucket`,
      { forceDestroy: false },
      { parent: this, ...protection(args) },
    );
    const child = { parent: this };
    const closed = blockPublicAccess(`${name}-private`, bucket.bucket, child);
    const ownership = new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { bucket: bucket.bucket, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      child,
    );
    const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        bucket: bucket.bucket,
        rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
      },
      child,
    );
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { bucket: bucket.bucket, versioningConfiguration: { status: 'Enabled' } },
      child,
    );
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      {
        bucket: bucket.bucket,
        rules: [
          {
            id: 'expire',
            status: 'Enabled',
            filter: { prefix: '' },
            expiration: { days: args.days },
            noncurrentVersionExpiration: { noncurrentDays: NONCURRENT_DAYS },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      { ...child, dependsOn: versioning },
    );
    const policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      {
        bucket: bucket.bucket,
        policy: policyDocument(logBucketStatements(bucket.arn, pulumi.interpolate`${bucket.arn}/*`, args)),
      },
      { ...child, dependsOn: [closed, ownership] },
    );
    // A load balancer tries to write when its log is switched on, and is refused where the policy is late.
    this.bucketName = whenReady(bucket.bucket, [policy, encryption]);
    this.bucketArn = whenReady(bucket.arn, [policy, encryption]);
    this.bucketDomainName = whenReady(bucket.bucketDomainName, [policy, encryption]);
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
