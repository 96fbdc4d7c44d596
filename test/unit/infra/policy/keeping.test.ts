import { describe, expect, test } from 'vitest';
import { companions } from '../../../../infra/policy/rules/companions.ts';
import { deletionProtection } from '../../../../infra/policy/rules/deletion-protection.ts';
import { immutableMachines } from '../../../../infra/policy/rules/immutable-machines.ts';
import { logRetention } from '../../../../infra/policy/rules/log-retention.ts';
import { HOLDS_STATE, protectedState } from '../../../../infra/policy/rules/protected-state.ts';
import { UNKNOWN } from '../../../../infra/policy/values.ts';
import { expectRule, said, stackResource, type Example } from './support.ts';

const gone = undefined;

describe('protected-state', () => {
  test.each(HOLDS_STATE)('%s', (type) => {
    expect(said(protectedState, type, {}, { options: { protect: true, ignoreChanges: [] } })).toEqual([]);
    expect(said(protectedState, type, {})).toEqual(['is not protected']);
    expect(said(protectedState, type, {}, { production: false })).toEqual([]);
  });

  test('what holds nothing need not be', () => {
    expect(said(protectedState, 'aws:lambda/function:Function', {})).toEqual([]);
  });
});

const database = { deletionProtection: true, skipFinalSnapshot: false, finalSnapshotIdentifier: 'last' };
const DATABASE_FAILS: Example[2] = [
  [{ deletionProtection: gone }, 'deletionProtection'],
  [{ skipFinalSnapshot: true }, 'skipFinalSnapshot'],
  [{ finalSnapshotIdentifier: gone }, 'finalSnapshotIdentifier'],
];
const must = (type: string, property: string): Example => [
  type,
  { [property]: true },
  [
    [{ [property]: false }, property],
    [{ [property]: gone }, property],
  ],
];
const mustNot = (type: string, property: string): Example => [type, {}, [[{ [property]: true }, property]]];

const DELETION: Example[] = [
  must('aws:dynamodb/table:Table', 'deletionProtectionEnabled'),
  must('aws:eks/cluster:Cluster', 'deletionProtection'),
  must('aws:lb/loadBalancer:LoadBalancer', 'enableDeletionProtection'),
  mustNot('aws:ecr/repository:Repository', 'forceDelete'),
  mustNot('aws:s3/bucket:Bucket', 'forceDestroy'),
  [
    'aws:ec2/instance:Instance',
    { disableApiTermination: true, disableApiStop: true },
    [
      [{ disableApiTermination: gone }, 'disableApiTermination'],
      [{ disableApiStop: false }, 'disableApiStop'],
    ],
  ],
  ['aws:kms/key:Key', { deletionWindowInDays: 30 }, [[{ deletionWindowInDays: 7 }, '7']]],
  ['aws:secretsmanager/secret:Secret', { recoveryWindowInDays: 30 }, [[{ recoveryWindowInDays: 0 }, '0']]],
  ['aws:rds/cluster:Cluster', database, DATABASE_FAILS],
  ['aws:rds/instance:Instance', database, DATABASE_FAILS],
];

describe('deletion-protection', () => {
  test.each(DELETION)('%s', (...example) => expectRule(deletionProtection, example));

  test('dev is thrown away when it is done with', () => {
    expect(said(deletionProtection, 'aws:rds/cluster:Cluster', {}, { production: false })).toEqual([]);
  });
});

const LOGS: Example[] = [
  [
    'aws:cloudwatch/logGroup:LogGroup',
    { retentionInDays: 90 },
    [
      [{ retentionInDays: gone }, 'for ever'],
      [{ retentionInDays: 0 }, 'for ever'],
      [{ retentionInDays: 7 }, 'retentionInDays is 7'],
    ],
  ],
  [
    'aws:eks/cluster:Cluster',
    { enabledClusterLogTypes: ['api', 'audit', 'authenticator'] },
    [[{ enabledClusterLogTypes: ['api'] }, 'audit, authenticator']],
  ],
  [
    'aws:lambda/function:Function',
    { loggingConfig: { logFormat: 'JSON', logGroup: '/storage/prod/capture' } },
    [[{ loggingConfig: gone }, 'loggingConfig.logGroup']],
  ],
  [
    'aws:lb/loadBalancer:LoadBalancer',
    { loadBalancerType: 'application', accessLogs: { bucket: 'logs', enabled: true } },
    [
      [{ accessLogs: gone }, 'accessLogs'],
      [{ accessLogs: { bucket: 'logs', enabled: false } }, 'accessLogs'],
    ],
  ],
  [
    'aws:rds/cluster:Cluster',
    { enabledCloudwatchLogsExports: ['postgresql'] },
    [[{ enabledCloudwatchLogsExports: gone }, 'postgresql']],
  ],
];

describe('log-retention', () => {
  test.each(LOGS)('%s', (...example) => expectRule(logRetention, example));

  test('a log group that is still to be made is one', () => {
    const made = { loggingConfig: { logGroup: UNKNOWN } };
    expect(said(logRetention, 'aws:lambda/function:Function', made)).toEqual([]);
  });
});

describe('immutable-machines', () => {
  const machine = 'aws:ec2/instance:Instance';
  const ignoreChanges = ['userData', 'userDataBase64', 'ami'];

  test('user data and image are ignored', () => {
    expect(said(immutableMachines, machine, {}, { options: { protect: true, ignoreChanges } })).toEqual([]);
    expect(said(immutableMachines, machine, {})).toEqual([
      'ignoreChanges lacks ami, userData, userDataBase64',
    ]);
    expect(
      said(
        immutableMachines,
        machine,
        {},
        { options: { protect: true, ignoreChanges: ['userData', 'ami'] } },
      ),
    ).toEqual(['ignoreChanges lacks userDataBase64']);
  });

  test('nothing asks for a replacement', () => {
    const props = { userDataReplaceOnChange: true };
    expect(said(immutableMachines, machine, props, { options: { protect: true, ignoreChanges } })).toEqual([
      'userDataReplaceOnChange must not be true',
    ]);
  });
});

describe('companions', () => {
  const bucket = stackResource('aws:s3/bucket:Bucket', 'logs', { bucket: UNKNOWN });
  const of = { bucket: [bucket] };
  const block = stackResource('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'block', {}, of);
  const encryption = stackResource(
    'aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration',
    'encryption',
    {},
    of,
  );
  const policyOf = (effect: string) =>
    stackResource(
      'aws:s3/bucketPolicy:BucketPolicy',
      'policy',
      {
        policy: JSON.stringify({
          Statement: [
            {
              Effect: effect,
              Principal: '*',
              Action: 's3:*',
              Resource: '*',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        }),
      },
      of,
    );
  const all = [bucket, block, encryption, policyOf('Deny')];

  test('a bucket with all of them passes', () => {
    expect(companions.checkStack(all)).toEqual([]);
  });

  test.each([
    ['BucketPublicAccessBlock', [bucket, encryption, policyOf('Deny')]],
    ['BucketServerSideEncryptionConfiguration', [bucket, block, policyOf('Deny')]],
    ['BucketPolicy', [bucket, block, encryption]],
    ['BucketPolicy', [bucket, block, encryption, policyOf('Allow')]],
  ])('without its %s it does not', (missing, resources) => {
    expect(companions.checkStack(resources)).toEqual([
      { urn: bucket.urn, says: expect.stringContaining(`has no ${missing}`) as string },
    ]);
  });

  test("another bucket's are not its own", () => {
    const other = stackResource('aws:s3/bucket:Bucket', 'other', { bucket: 'other' });
    expect(companions.checkStack([...all, other])).toHaveLength(3);
    const named = (type: string) => stackResource(type, 'named', { bucket: 'other' });
    expect(
      companions.checkStack([...all, other, named('aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock')]),
    ).toHaveLength(2);
  });

  test('a network has its flow log', () => {
    const vpc = stackResource('aws:ec2/vpc:Vpc', 'vpc', { id: 'vpc-1' });
    const flowLog = stackResource('aws:ec2/flowLog:FlowLog', 'log', { vpcId: 'vpc-1' }, { vpcId: [vpc] });
    expect(companions.checkStack([vpc, flowLog])).toEqual([]);
    expect(companions.checkStack([vpc])).toHaveLength(1);
  });
});
