import { describe, expect, test } from 'vitest';
import { ENCRYPTED, encryption } from '../../../../infra/policy/rules/encryption.ts';
import { UNKNOWN } from '../../../../infra/policy/values.ts';
import { expectRule, said, type Example } from './support.ts';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/k';
const gone = undefined;
const keyOnly = (type: string, name: string): Example => [type, { [name]: KEY }, [[{ [name]: gone }, name]]];
const flagAndKey = (type: string, flag: string): Example => [
  type,
  { [flag]: true, kmsKeyId: KEY },
  [
    [{ [flag]: false }, flag],
    [{ [flag]: gone }, flag],
    [{ kmsKeyId: gone }, 'kmsKeyId'],
  ],
];
const repository = (type: string): Example => [
  type,
  { encryptionConfigurations: [{ encryptionType: 'KMS', kmsKey: KEY }] },
  [
    [{ encryptionConfigurations: gone }, 'encryptionConfigurations'],
    [{ encryptionConfigurations: [{ encryptionType: 'AES256' }] }, 'encryptionConfigurations'],
    [{ encryptionConfigurations: [{ encryptionType: 'KMS' }] }, 'encryptionConfigurations'],
  ],
];

const EXAMPLES: readonly Example[] = [
  keyOnly('aws:backup/vault:Vault', 'kmsKeyArn'),
  keyOnly('aws:cloudtrail/trail:Trail', 'kmsKeyId'),
  keyOnly('aws:cloudwatch/eventBus:EventBus', 'kmsKeyIdentifier'),
  keyOnly('aws:cloudwatch/eventArchive:EventArchive', 'kmsKeyIdentifier'),
  keyOnly('aws:cloudwatch/logGroup:LogGroup', 'kmsKeyId'),
  keyOnly('aws:secretsmanager/secret:Secret', 'kmsKeyId'),
  keyOnly('aws:sns/topic:Topic', 'kmsMasterKeyId'),
  keyOnly('aws:sqs/queue:Queue', 'kmsMasterKeyId'),
  flagAndKey('aws:ebs/volume:Volume', 'encrypted'),
  flagAndKey('aws:ebs/snapshotCopy:SnapshotCopy', 'encrypted'),
  flagAndKey('aws:efs/fileSystem:FileSystem', 'encrypted'),
  flagAndKey('aws:rds/instance:Instance', 'storageEncrypted'),
  repository('aws:ecr/repository:Repository'),
  repository('aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate'),
  [
    'aws:dynamodb/table:Table',
    { serverSideEncryption: { enabled: true, kmsKeyArn: KEY } },
    [
      [{ serverSideEncryption: { enabled: true } }, 'serverSideEncryption'],
      [{ serverSideEncryption: gone }, 'serverSideEncryption'],
    ],
  ],
  [
    'aws:ec2/instance:Instance',
    {
      rootBlockDevice: { encrypted: true, kmsKeyId: KEY },
      ebsBlockDevices: [{ deviceName: '/dev/sdf', encrypted: true, kmsKeyId: KEY }],
    },
    [
      [{ rootBlockDevice: { kmsKeyId: KEY } }, 'rootBlockDevice.encrypted'],
      [{ rootBlockDevice: { encrypted: true } }, 'rootBlockDevice.kmsKeyId'],
      [{ ebsBlockDevices: [{ encrypted: false, kmsKeyId: KEY }] }, 'ebsBlockDevices[0].encrypted'],
    ],
  ],
  [
    'aws:ec2/launchTemplate:LaunchTemplate',
    {
      blockDeviceMappings: [
        { deviceName: '/dev/xvda', ebs: { encrypted: 'true', kmsKeyId: KEY } },
        { deviceName: '/dev/sdb', virtualName: 'ephemeral0' },
      ],
    },
    [
      [{ blockDeviceMappings: gone }, 'blockDeviceMappings is empty'],
      [{ blockDeviceMappings: [{ ebs: { encrypted: 'false', kmsKeyId: KEY } }] }, 'ebs.encrypted'],
      [{ blockDeviceMappings: [{ ebs: { encrypted: 'true' } }] }, 'ebs.kmsKeyId'],
    ],
  ],
  [
    'aws:eks/cluster:Cluster',
    { encryptionConfig: { resources: ['secrets'], provider: { keyArn: KEY } } },
    [
      [{ encryptionConfig: gone }, 'encryptionConfig'],
      [{ encryptionConfig: { resources: ['secrets'], provider: {} } }, 'provider.keyArn'],
    ],
  ],
  [
    'aws:elasticache/replicationGroup:ReplicationGroup',
    { atRestEncryptionEnabled: true, kmsKeyId: KEY, transitEncryptionEnabled: true },
    [
      [{ atRestEncryptionEnabled: false }, 'atRestEncryptionEnabled'],
      [{ transitEncryptionEnabled: false }, 'transitEncryptionEnabled'],
    ],
  ],
  [
    'aws:kinesis/stream:Stream',
    { encryptionType: 'KMS', kmsKeyId: KEY },
    [
      [{ encryptionType: 'NONE' }, 'encryptionType'],
      [{ kmsKeyId: gone }, 'kmsKeyId'],
    ],
  ],
  ['aws:kms/key:Key', { enableKeyRotation: true }, [[{ enableKeyRotation: gone }, 'enableKeyRotation']]],
  [
    'aws:lambda/function:Function',
    { environment: { variables: { A: 'b' } }, kmsKeyArn: KEY },
    [[{ kmsKeyArn: gone }, 'kmsKeyArn']],
  ],
  [
    'aws:rds/cluster:Cluster',
    {
      storageEncrypted: true,
      kmsKeyId: KEY,
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: KEY,
      performanceInsightsEnabled: true,
      performanceInsightsKmsKeyId: KEY,
    },
    [
      [{ storageEncrypted: false }, 'storageEncrypted'],
      [{ kmsKeyId: gone }, 'kmsKeyId'],
      [{ masterUserSecretKmsKeyId: gone }, 'masterUserSecretKmsKeyId'],
      [{ performanceInsightsKmsKeyId: gone }, 'performanceInsightsKmsKeyId'],
    ],
  ],
  [
    'aws:rds/clusterInstance:ClusterInstance',
    { performanceInsightsEnabled: true, performanceInsightsKmsKeyId: KEY },
    [[{ performanceInsightsKmsKeyId: gone }, 'performanceInsightsKmsKeyId']],
  ],
  [
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: KEY } }] },
    [
      [{ rules: [{ bucketKeyEnabled: true }] }, 'sseAlgorithm'],
      [{ rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' } }] }, 'kmsMasterKeyId'],
    ],
  ],
  ['aws:ssm/parameter:Parameter', { type: 'SecureString', keyId: KEY }, [[{ keyId: gone }, 'keyId']]],
];

test.each(EXAMPLES)('%s is encrypted', (...example) => expectRule(encryption, example));

describe('encryption', () => {
  test('has an example for every type that it knows', () => {
    expect(EXAMPLES.map(([type]) => type).toSorted()).toEqual(Object.keys(ENCRYPTED).toSorted());
  });

  test('a key that is still to be made is a key', () => {
    expect(said(encryption, 'aws:sqs/queue:Queue', { kmsMasterKeyId: UNKNOWN })).toEqual([]);
    expect(said(encryption, 'aws:ebs/volume:Volume', { encrypted: true, kmsKeyId: UNKNOWN })).toEqual([]);
  });

  test('what is allowed otherwise', () => {
    // Access logs of load balancers.
    const logs = { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'AES256' } }] };
    const settings = 'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration';
    expect(said(encryption, settings, logs)).toEqual([]);
    expect(said(encryption, 'aws:ssm/parameter:Parameter', { type: 'String' })).toEqual([]);
    expect(said(encryption, 'aws:lambda/function:Function', {})).toEqual([]);
    // An asymmetric key cannot rotate by itself.
    expect(said(encryption, 'aws:kms/key:Key', { customerMasterKeySpec: 'RSA_4096' })).toEqual([]);
  });
});
