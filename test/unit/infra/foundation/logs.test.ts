import { beforeAll, describe, expect, it } from 'vitest';
import { AccessLogs, logGroup } from '../../../../infra/foundation/logs.ts';
import { record, valueOf, type RecordedProgram } from '../../../support/recorded.ts';
import { documentIn, KEY, OUTPUTS, PLACE } from './support.ts';

describe('the bucket of access logs', () => {
  let logs: RecordedProgram<AccessLogs>;
  beforeAll(async () => {
    logs = await record(
      (options) => new AccessLogs('logs', { ...PLACE, days: 90, protect: true }, options),
      OUTPUTS,
    );
  });
  const settings = (type: string, name: string) => {
    const { bucket, ...rest } = logs.find(type, name).inputs;
    expect(bucket).toBe('logs-bucket');
    return rest;
  };

  it('is protected and never emptied by force', () => {
    const { inputs, options } = logs.find('aws:s3/bucket:Bucket', 'logs-bucket');
    expect(inputs).toEqual({ forceDestroy: false });
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
  });

  it('is private, encrypted, versioned, and forgets in time', () => {
    expect(settings('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'logs-private')).toEqual({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(settings('aws:s3/bucketOwnershipControls:BucketOwnershipControls', 'logs-ownership')).toEqual({
      rule: { objectOwnership: 'BucketOwnerEnforced' },
    });
    const encryption =
      'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(settings(encryption, 'logs-encryption')).toEqual({
      rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }],
    });
    expect(settings('aws:s3/bucketVersioning:BucketVersioning', 'logs-versioning')).toEqual({
      versioningConfiguration: { status: 'Enabled' },
    });
    expect(
      settings('aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration', 'logs-lifecycle'),
    ).toEqual({
      rules: [
        {
          id: 'expire',
          status: 'Enabled',
          filter: { prefix: '' },
          expiration: { days: 90 },
          noncurrentVersionExpiration: { noncurrentDays: 30 },
          abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
        },
      ],
    });
  });

  it('takes logs of this account’s load balancers, CDN and buckets, by TLS only, and lets nobody read', () => {
    const { policy } = logs.find('aws:s3/bucketPolicy:BucketPolicy', 'logs-policy').inputs;
    const allows = documentIn(policy).Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allows.map(({ Sid, Principal, Action, Resource }) => [Sid, Principal, Action, Resource])).toEqual([
      ...[
        ['ApplicationLoadBalancers', 'logdelivery.elasticloadbalancing.amazonaws.com'],
        ['LogDelivery', 'delivery.logs.amazonaws.com'],
      ].map(([sid, service]) => [sid, { Service: [service] }, ['s3:PutObject'], ['arn:logs-bucket/*']]),
      [
        'LogDeliveryLooks',
        { Service: ['delivery.logs.amazonaws.com'] },
        ['s3:GetBucketAcl', 's3:ListBucket'],
        ['arn:logs-bucket'],
      ],
      [
        'BucketAccessLogs',
        { Service: ['logging.s3.amazonaws.com'] },
        ['s3:PutObject'],
        ['arn:logs-bucket/*'],
      ],
    ]);
    for (const { Condition } of allows) expect(JSON.stringify(Condition)).toContain('111122223333');
    expect(documentIn(policy).Statement.find(({ Effect }) => Effect === 'Deny')).toEqual({
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:*'],
      Resource: ['arn:logs-bucket', 'arn:logs-bucket/*'],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
  });

  it('is known by its names', async () => {
    expect(await valueOf(logs.value.bucketName)).toBe('logs-bucket');
    expect(await valueOf(logs.value.bucketArn)).toBe('arn:logs-bucket');
    expect(await valueOf(logs.value.bucketDomainName)).toBe('logs-bucket.s3.amazonaws.com');
  });
});

describe('a log group', () => {
  it('is encrypted with our key and ends', async () => {
    const { find } = await record(
      () => logGroup('lines', { logName: '/aws/lambda/x', days: 30, key: KEY }),
      OUTPUTS,
    );
    expect(find('aws:cloudwatch/logGroup:LogGroup', 'lines').inputs).toEqual({
      name: '/aws/lambda/x',
      retentionInDays: 30,
      kmsKeyId: 'arn:key',
    });
  });
});
