import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import type { Protection } from '../../foundation/protection.ts';
import type { AwsBucket } from '../../settings/aws.ts';
import type { InventoryBucket } from './inventory-bucket.ts';
import { RehearsalBucket } from './rehearsal-bucket.ts';

/** Ids of what is ours on a bucket of the customer's; S3 keeps any number of these beside the customer's. */
export const INVENTORY_ID = 'storage-inventory';
export const REQUESTS_ID = 'storage-requests';

/** S3 refuses to move an object to this class earlier. */
const LEAST_DAYS_STANDARD_IA = 30;
/** Of a hundred requests so many were answered 5xx: the bucket is asked for more than it gives. */
const MOST_ERRORS_PERCENT = 1;

const INVENTORY_FIELDS = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'ObjectLockMode',
  'IntelligentTieringAccessTier',
];

export type SourceBucketArgs = Protection & {
  /** From the settings. With `create` an empty bucket is made, in dev only; else it is there already. */
  bucket: AwsBucket;
  environment: 'dev' | 'prod';
  account: string;
  /** The bucket's; its notifications, its inventory and the VPC's endpoint must be in the same. */
  region: string;
  /** Takes the inventory; one for all buckets. */
  inventory: InventoryBucket;
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  alarms: AlarmTopic;
};

/**
 * A bucket of the customer's that moves. It is adopted by name: the stack neither creates nor owns it, and
 * touches none of its documents of which there is only one (notification, lifecycle, policy); steps merge
 * those (`scripts/move/steps/`). What is added here has an id of its own beside the customer's: an inventory, and
 * request metrics, at about $5 a month, which tell of overload and, before `retire`, of silence.
 */
export class SourceBucket extends pulumi.ComponentResource {
  readonly settings: AwsBucket;
  readonly bucketName: pulumi.Output<string>;
  readonly bucketArn: pulumi.Output<string>;
  /** For example `food-co-images.s3.us-east-1.amazonaws.com`: what Nginx and CloudFront call it. */
  readonly regionalDomainName: pulumi.Output<string>;
  readonly inventoryBucketArn: pulumi.Output<string>;

  constructor(name: string, args: SourceBucketArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:source:SourceBucket', name, {}, options);
    validate(args);
    const { bucket } = args;
    const made = bucket.create ? new RehearsalBucket(`${name}-made`, args, { parent: this }) : undefined;
    const bucketName = made?.bucketName ?? pulumi.output(bucket.source);
    this.#watch(name, bucketName, args);
    this.settings = bucket;
    this.bucketName = bucketName;
    this.bucketArn = pulumi.interpolate`arn:aws:s3:::${bucketName}`;
    this.regionalDomainName = pulumi.interpolate`${bucketName}.s3.${args.region}.amazonaws.com`;
    this.inventoryBucketArn = args.inventory.arn;
    this.registerOutputs({ bucketName: this.bucketName, bucketArn: this.bucketArn });
  }

  #watch(name: string, bucket: pulumi.Output<string>, args: SourceBucketArgs): void {
    const child = { parent: this };
    new aws.s3.Inventory(
      `${name}-inventory`,
      {
        bucket,
        name: INVENTORY_ID,
        includedObjectVersions: 'All',
        optionalFields: INVENTORY_FIELDS,
        schedule: { frequency: 'Daily' },
        destination: {
          bucket: {
            bucketArn: args.inventory.arn,
            accountId: args.account,
            format: 'Parquet',
            prefix: args.bucket.name,
            encryption: { sseKms: { keyId: args.inventory.keyArn } },
          },
        },
      },
      child,
    );
    const requests = new aws.s3.BucketMetric(`${name}-requests`, { bucket, name: REQUESTS_ID }, child);
    alarm(
      `${name}-errors`,
      {
        topic: args.alarms,
        description:
          `S3 answers more than ${MOST_ERRORS_PERCENT} % of the requests to ${args.bucket.source} with 5xx for ` +
          'a quarter of an hour: clients of the bucket are refused. If the bulk copy runs, lower its rate.',
        metric: {
          namespace: 'AWS/S3',
          name: '5xxErrors',
          dimensions: { BucketName: bucket, FilterId: requests.name },
          statistic: 'Average',
          periodSeconds: 300,
        },
        above: MOST_ERRORS_PERCENT / 100,
        forPeriods: 3,
        missing: 'notBreaching',
      },
      child,
    );
  }
}

function validate({ bucket, environment }: SourceBucketArgs): void {
  const refuse = (propertyPath: string, reason: string) =>
    new pulumi.InputPropertyError({ propertyPath, reason });
  if (bucket.create && environment === 'prod') {
    throw refuse(
      'bucket.create',
      `is true for ${bucket.source}; in prod the customer's bucket is adopted. Leave it out`,
    );
  }
  for (const [index, rule] of bucket.archive.entries()) {
    const path = `bucket.archive[${index}]`;
    if (rule.storageClass === 'STANDARD_IA' && rule.afterDays < LEAST_DAYS_STANDARD_IA) {
      throw refuse(
        `${path}.afterDays`,
        `is ${rule.afterDays} for STANDARD_IA; S3 takes ${LEAST_DAYS_STANDARD_IA} days or more`,
      );
    }
    const twin = bucket.archive.findIndex(({ prefix }) => prefix === rule.prefix);
    if (twin !== index) {
      throw refuse(
        `${path}.prefix`,
        `is "${rule.prefix}", like that of bucket.archive[${twin}]; one rule a prefix, or it is undecided which class its objects move to`,
      );
    }
  }
  if (bucket.kmsKeyArn !== undefined && bucket.cluster === 'images') {
    throw refuse(
      'bucket.kmsKeyArn',
      `is given for ${bucket.source}; S3 answers nobody without a signature what a key of KMS encrypts, and the cache ` +
        'tier reads images so. Encrypt the bucket by S3 itself (SSE-S3) first, its objects written again',
    );
  }
}
