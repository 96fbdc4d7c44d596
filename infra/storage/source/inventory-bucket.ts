import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument, tlsOnly, type ResourceStatement } from '../../foundation/iam.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import { blockPublicAccess } from '../../foundation/private-bucket.ts';
import { protection, type Protection } from '../../foundation/protection.ts';
import { whenReady } from '../../foundation/ready.ts';

export type InventoryBucketArgs = Protection & {
  account: string;
  /** The buckets whose reports come here. Nobody else's are taken. */
  sourceBuckets: readonly string[];
  /** `keys.buckets`: S3 may make data keys of it for reports. */
  key: EncryptionKey;
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  /**
   * Reports are removed after so many days. One of 600 M objects is about 60 GB of Parquet, and there is one a
   * day. Default: 14.
   */
  days?: number;
};

/** Takes the daily inventories of an environment's source buckets. What it holds S3 can make again. */
export class InventoryBucket extends pulumi.ComponentResource {
  /** Known when S3 may write to it. */
  readonly arn: pulumi.Output<string>;
  readonly bucketName: pulumi.Output<string>;
  readonly keyArn: pulumi.Output<string>;

  constructor(name: string, args: InventoryBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:source:InventoryBucket', name, {}, options);
    const child = { parent: this };
    const bucket = new aws.s3.Bucket(
      `${name}-bucket`,
      { forceDestroy: false },
      { ...child, ...protection(args) },
    );
    const on = { bucket: bucket.bucket };
    const closed = blockPublicAccess(`${name}-private`, bucket.bucket, child);
    const ownership = new aws.s3.BucketOwnershipControls(
      `${name}-ownership`,
      { ...on, rule: { objectOwnership: 'BucketOwnerEnforced' } },
      child,
    );
    const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        ...on,
        rules: [
          {
            applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: args.key.arn },
            bucketKeyEnabled: true,
          },
        ],
      },
      child,
    );
    const versioning = new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { ...on, versioningConfiguration: { status: 'Enabled' } },
      child,
    );
    new aws.s3.BucketLifecycleConfiguration(
      `${name}-lifecycle`,
      {
        ...on,
        rules: [
          {
            id: 'expire',
            status: 'Enabled',
            filter: { prefix: '' },
            expiration: { days: args.days ?? 14 },
            noncurrentVersionExpiration: { noncurrentDays: 1 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
          },
        ],
      },
      { ...child, dependsOn: versioning },
    );
    new aws.s3.BucketLogging(
      `${name}-logging`,
      { ...on, targetBucket: args.accessLogs.bucketName, targetPrefix: 's3/inventory/' },
      child,
    );
    const policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      { ...on, policy: policyDocument(inventoryStatements(bucket.arn, args)) },
      { ...child, dependsOn: [closed, ownership] },
    );
    this.arn = whenReady(bucket.arn, [policy, encryption]);
    this.bucketName = whenReady(bucket.bucket, [policy, encryption]);
    this.keyArn = args.key.arn;
    this.registerOutputs({ arn: this.arn, bucketName: this.bucketName });
  }
}

/**
 * Lets S3 write the reports of these buckets, of this account, and refuses whatever comes without TLS.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
 */
export function inventoryStatements(
  bucketArn: pulumi.Input<string>,
  args: { account: string; sourceBuckets: readonly string[] },
): ResourceStatement[] {
  const objects = pulumi.interpolate`${bucketArn}/*`;
  return [
    tlsOnly('s3', [bucketArn, objects]),
    {
      Sid: 'Reports',
      Principal: { Service: ['s3.amazonaws.com'] },
      Action: ['s3:PutObject'],
      Resource: [objects],
      Condition: {
        StringEquals: { 'aws:SourceAccount': args.account, 's3:x-amz-acl': 'bucket-owner-full-control' },
        ArnLike: { 'aws:SourceArn': args.sourceBuckets.map((bucket) => `arn:aws:s3:::${bucket}`) },
      },
    },
  ];
}
