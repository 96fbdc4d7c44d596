import * as pulumi from '@pulumi/pulumi';
import { describe, expect, test } from 'vitest';
import type { AlarmTopic } from '../../../../infra/foundation/alarms.ts';
import type { AwsBucket } from '../../../../infra/settings/aws.ts';
import { InventoryBucket, SourceBucket } from '../../../../infra/storage/source/index.ts';
import { record, valueOf } from '../../../support/recorded.ts';

const account = '111122223333';
const BUCKET: AwsBucket = {
  name: 'images',
  source: 'food-co-images',
  cluster: 'images',
  target: 'food-co-images',
  events: 'notification',
  archive: [{ prefix: 'originals/', afterDays: 30, storageClass: 'GLACIER_IR' }],
  abortUploadsAfterDays: 7,
  create: false,
};

function program(bucket: Partial<AwsBucket> = {}, environment: 'dev' | 'prod' = 'prod') {
  return record(
    (options) => {
      const protect = environment === 'prod';
      const accessLogs = { bucketName: pulumi.output('logs') };
      const inventory = new InventoryBucket(
        'inventory',
        {
          account,
          sourceBuckets: ['food-co-images'],
          key: { arn: pulumi.output('arn:key'), id: pulumi.output('key') },
          accessLogs,
          protect,
        },
        options,
      );
      return new SourceBucket(
        'images',
        {
          bucket: { ...BUCKET, ...bucket },
          environment,
          account,
          region: 'us-east-1',
          inventory,
          accessLogs,
          alarms: 'arn:topic' as unknown as AlarmTopic,
          protect,
        },
        options,
      );
    },
    {
      outputs: ({ type, inputs }) =>
        type === 'aws:s3/bucket:Bucket'
          ? { arn: `arn:aws:s3:::${(inputs['bucket'] as string | undefined) ?? 'inventory'}` }
          : {},
    },
  );
}

describe('a bucket of the customer', () => {
  test('is given what has an id of its own, and nothing else: no bucket, no document', async () => {
    const { value, resources, find } = await program();
    const ours = resources.filter(({ name }) => name.startsWith('images'));
    expect(ours.map(({ type }) => type).sort()).toEqual([
      'aws:cloudwatch/metricAlarm:MetricAlarm',
      'aws:s3/bucketMetric:BucketMetric',
      'aws:s3/inventory:Inventory',
      'storage:source:SourceBucket',
    ]);
    expect(find('aws:s3/inventory:Inventory', 'images-inventory').inputs).toEqual({
      bucket: 'food-co-images',
      name: 'storage-inventory',
      includedObjectVersions: 'All',
      optionalFields: [
        'Size',
        'LastModifiedDate',
        'ETag',
        'StorageClass',
        'IsMultipartUploaded',
        'EncryptionStatus',
        'ObjectLockMode',
        'IntelligentTieringAccessTier',
      ],
      schedule: { frequency: 'Daily' },
      destination: {
        bucket: {
          bucketArn: 'arn:aws:s3:::inventory',
          accountId: account,
          format: 'Parquet',
          prefix: 'images',
          encryption: { sseKms: { keyId: 'arn:key' } },
        },
      },
    });
    expect(find('aws:s3/bucketMetric:BucketMetric', 'images-requests').inputs).toEqual({
      bucket: 'food-co-images',
      name: 'storage-requests',
    });
    expect(await valueOf(value.bucketName)).toBe('food-co-images');
    expect(await valueOf(value.bucketArn)).toBe('arn:aws:s3:::food-co-images');
    expect(await valueOf(value.regionalDomainName)).toBe('food-co-images.s3.us-east-1.amazonaws.com');
  });

  test('rings when its clients are refused', async () => {
    const { find } = await program();
    const { inputs } = find('aws:cloudwatch/metricAlarm:MetricAlarm', 'images-errors');
    expect(inputs).toMatchObject({
      namespace: 'AWS/S3',
      metricName: '5xxErrors',
      dimensions: { BucketName: 'food-co-images', FilterId: 'storage-requests' },
      statistic: 'Average',
      threshold: 0.01,
      evaluationPeriods: 3,
      treatMissingData: 'notBreaching',
      alarmActions: ['arn:topic'],
    });
  });
});

describe('a bucket for rehearsals', () => {
  test('is private, encrypted, versioned, and never emptied by the stack', async () => {
    const { all, find } = await program({ create: true }, 'dev');
    const made = find('aws:s3/bucket:Bucket', 'images-made-bucket');
    expect(made.inputs).toEqual({ bucket: 'food-co-images', forceDestroy: false });
    expect(made.options).toMatchObject({ protect: false, retainOnDelete: false });
    expect(all('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock')['images-made-private']).toEqual({
      bucket: 'food-co-images',
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(
      all('aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration')[
        'images-made-encryption'
      ],
    ).toEqual({
      bucket: 'food-co-images',
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' }, bucketKeyEnabled: false }],
    });
    expect(all('aws:s3/bucketVersioning:BucketVersioning')['images-made-versioning']).toMatchObject({
      versioningConfiguration: { status: 'Enabled' },
    });
  });

  test('refuses plain text, by a policy that is never changed again', async () => {
    const { find } = await program({ create: true }, 'dev');
    const { inputs, options } = find('aws:s3/bucketPolicy:BucketPolicy', 'images-made-policy');
    expect(JSON.parse(String(inputs['policy']))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: ['s3:*'],
          Resource: ['arn:aws:s3:::food-co-images', 'arn:aws:s3:::food-co-images/*'],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
    // The steps merge their statements into it: an update must not undo that.
    expect(options.ignoreChanges).toEqual(['policy']);
  });

  test('has no other document that the steps merge into', async () => {
    const { resources } = await program({ create: true }, 'dev');
    const documents = resources.filter(
      ({ type, name }) =>
        name.startsWith('images') && /BucketLifecycleConfiguration$|BucketNotification$/.test(type),
    );
    expect(documents).toEqual([]);
  });
});

test('the bucket of inventories is kept in prod and takes reports of our own buckets only', async () => {
  const { all, find } = await program();
  expect(find('aws:s3/bucket:Bucket', 'inventory-bucket').options).toMatchObject({
    protect: true,
    retainOnDelete: true,
  });
  const { policy } = all('aws:s3/bucketPolicy:BucketPolicy')['inventory-policy'] as { policy: string };
  const arn = 'arn:aws:s3:::inventory';
  expect(JSON.parse(policy)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:*'],
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'Reports',
        Effect: 'Allow',
        Principal: { Service: ['s3.amazonaws.com'] },
        Action: ['s3:PutObject'],
        Resource: [`${arn}/*`],
        Condition: {
          StringEquals: { 'aws:SourceAccount': account, 's3:x-amz-acl': 'bucket-owner-full-control' },
          ArnLike: { 'aws:SourceArn': ['arn:aws:s3:::food-co-images'] },
        },
      },
    ],
  });
});

test.each<[string, Partial<AwsBucket>, string, RegExp]>([
  ['making one in prod', { create: true }, 'bucket.create', /in prod the customer's bucket is adopted/],
  [
    'STANDARD_IA too early',
    { archive: [{ prefix: '', afterDays: 29, storageClass: 'STANDARD_IA' }] },
    'bucket.archive[0].afterDays',
    /^is 29 for STANDARD_IA; S3 takes 30 days or more$/,
  ],
  [
    'two classes for one prefix',
    {
      archive: [
        { prefix: 'a/', afterDays: 30, storageClass: 'STANDARD_IA' },
        { prefix: 'a/', afterDays: 90, storageClass: 'GLACIER_IR' },
      ],
    },
    'bucket.archive[1].prefix',
    /^is "a\/", like that of bucket\.archive\[0\];/,
  ],
  ['a key that keeps Nginx out', { kmsKeyArn: 'arn:aws:kms:k' }, 'bucket.kmsKeyArn', /SSE-S3/],
])('%s is refused', async (_, bucket, propertyPath, reason) => {
  await expect(program(bucket)).rejects.toMatchObject({
    propertyPath,
    reason: expect.stringMatching(reason) as string,
  });
});

test('a key of KMS is no hindrance where Nginx does not read', async () => {
  const { find } = await program({ kmsKeyArn: 'arn:aws:kms:k', cluster: 'metadata' });
  expect(find('aws:s3/inventory:Inventory', 'images-inventory').inputs).toMatchObject({
    bucket: 'food-co-images',
  });
});
