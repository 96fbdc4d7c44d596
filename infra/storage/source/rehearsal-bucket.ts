import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument, tlsOnly } from '../../foundation/iam.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import { blockPublicAccess } from '../../foundation/private-bucket.ts';
import { protection, type Protection } from '../../foundation/protection.ts';
import { whenReady } from '../../foundation/ready.ts';
import type { AwsBucket } from '../../settings/aws.ts';

export type RehearsalBucketArgs = Protection & {
  bucket: AwsBucket;
  accessLogs: Pick<AccessLogs, 'bucketName'>;
};

/**
 * A source bucket for rehearsals, made empty. It gets no lifecycle or notification here: the steps merge
 * theirs as on a customer's bucket, and an update would undo that. Its policy is only ever made, and then
 * theirs to merge into. Versioned, so that a rehearsal walks the longer way. S3 refuses to delete it while
 * it holds anything.
 */
export class RehearsalBucket extends pulumi.ComponentResource {
  readonly bucketName: pulumi.Output<string>;

  constructor(name: string, args: RehearsalBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:source:RehearsalBucket', name, {}, options);
    const child = { parent: this };
    const bucket = new aws.s3.Bucket(
      `${name}-bucket`,
      { bucket: args.bucket.source, forceDestroy: false },
      { ...child, ...protection(args) },
    );
    const on = { bucket: bucket.bucket };
    const closed = blockPublicAccess(`${name}-private`, bucket.bucket, child);
    // A key of KMS would refuse the cache tier's reads, which have no signature.
    const { kmsKeyArn } = args.bucket;
    const encryption = new aws.s3.BucketServerSideEncryptionConfiguration(
      `${name}-encryption`,
      {
        ...on,
        rules: [
          {
            applyServerSideEncryptionByDefault:
              kmsKeyArn === undefined
                ? { sseAlgorithm: 'AES256' }
                : { sseAlgorithm: 'aws:kms', kmsMasterKeyId: kmsKeyArn },
            bucketKeyEnabled: kmsKeyArn !== undefined,
          },
        ],
      },
      child,
    );
    new aws.s3.BucketVersioning(
      `${name}-versioning`,
      { ...on, versioningConfiguration: { status: 'Enabled' } },
      child,
    );
    new aws.s3.BucketLogging(
      `${name}-logging`,
      { ...on, targetBucket: args.accessLogs.bucketName, targetPrefix: `s3/${args.bucket.source}/` },
      child,
    );
    const policy = new aws.s3.BucketPolicy(
      `${name}-policy`,
      { ...on, policy: policyDocument([tlsOnly('s3', [bucket.arn, pulumi.interpolate`${bucket.arn}/*`])]) },
      { ...child, dependsOn: closed, ignoreChanges: ['policy'] },
    );
    this.bucketName = whenReady(bucket.bucket, [policy, encryption]);
    this.registerOutputs({ bucketName: this.bucketName });
  }
}
