import * as pulumi from '@pulumi/pulumi';
import { describe, expect, test } from 'vitest';
import type { AlarmTopic } from '../../../../infra/foundation/alarms.ts';
import { Network } from '../../../../infra/foundation/network/index.ts';
import type { AwsBucket } from '../../../../infra/settings/aws.ts';
import { bridgePattern } from '../../../../infra/storage/capture/bridge.ts';
import { canaryAlarms, Capture } from '../../../../infra/storage/capture/index.ts';
import { record, valueOf } from '../../../support/recorded.ts';

const account = '111122223333';
const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:storage-prod-capture';
const FAILED = `${QUEUE}-failed`;
const RULE = 'arn:aws:events:us-east-1:111122223333:rule/storage-prod-capture';
const key = (name: string) => ({ arn: pulumi.output(`arn:key/${name}`), id: pulumi.output(name) });

function bucket(name: string, events: AwsBucket['events']) {
  const source = `food-co-${name}`;
  return {
    settings: { name, source, events } as AwsBucket,
    bucketName: pulumi.output(source),
    bucketArn: pulumi.output(`arn:aws:s3:::${source}`),
  };
}

type Options = { buckets?: ReturnType<typeof bucket>[]; capturing?: boolean; maximumConcurrency?: number };

function program(options: Options = {}) {
  return record(
    (root) => {
      const network = new Network(
        'network',
        {
          environment: 'prod',
          account,
          region: 'us-east-1',
          cidr: '10.20.0.0/16',
          zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
          natGateways: 'one',
          interfaceEndpoints: true,
          logDays: 30,
          logsKey: key('logs'),
        },
        root,
      );
      return new Capture(
        'capture',
        {
          environment: 'prod',
          account,
          buckets: options.buckets ?? [bucket('images', 'notification')],
          network,
          keys: { logs: key('logs'), messages: key('messages') },
          alarms: 'arn:topic' as unknown as AlarmTopic,
          database: {
            securityGroupId: 'database-group',
            port: 5432,
            connectStatement: (user) => ({
              Sid: 'Connect',
              Action: ['rds-db:connect'],
              Resource: [`arn:db/${user}`],
            }),
          },
          environmentParameter: { name: '/storage/prod/environment', arn: 'arn:parameter' },
          ownPrincipals: [pulumi.output('AROASYNC'), 'AROAPULSE'],
          capturing: options.capturing ?? true,
          ...(options.maximumConcurrency !== undefined && { maximumConcurrency: options.maximumConcurrency }),
          logDays: 90,
          protect: true,
        },
        root,
      );
    },
    {
      outputs: ({ type, inputs }): Record<string, unknown> => {
        const name = String(inputs['name']);
        if (type === 'aws:sqs/queue:Queue')
          return { arn: `arn:aws:sqs:us-east-1:${account}:${name}`, url: `https://sqs/${name}` };
        return type === 'aws:cloudwatch/eventRule:EventRule' ? { arn: RULE } : {};
      },
    },
  );
}

/** What most tests look at; each takes a second to make. */
const standard = await program();
const BRIDGED = [bucket('images', 'eventbridge'), bucket('metadata', 'notification')];
const bridged = await program({ buckets: BRIDGED });

const TLS_ONLY = (arn: string) => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: ['sqs:*'],
  Resource: [arn],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});
const statementsOf = (inputs: Record<string, unknown> | undefined) =>
  (JSON.parse(String(inputs?.['policy'])) as { Statement: unknown[] }).Statement;

describe('the queue', () => {
  test('keeps for 14 days, encrypted, and puts aside what a hundred deliveries did not store', () => {
    const { find } = standard;
    const waiting = find('aws:sqs/queue:Queue', 'capture-queue-waiting');
    expect(waiting.inputs).toEqual({
      name: 'storage-prod-capture',
      messageRetentionSeconds: 1_209_600,
      visibilityTimeoutSeconds: 180,
      receiveWaitTimeSeconds: 20,
      kmsMasterKeyId: 'arn:key/messages',
      kmsDataKeyReusePeriodSeconds: 300,
      redrivePolicy: JSON.stringify({ deadLetterTargetArn: FAILED, maxReceiveCount: 100 }),
    });
    const failed = find('aws:sqs/queue:Queue', 'capture-queue-failed');
    expect(failed.inputs).toEqual({
      name: 'storage-prod-capture-failed',
      messageRetentionSeconds: 1_209_600,
      kmsMasterKeyId: 'arn:key/messages',
      kmsDataKeyReusePeriodSeconds: 300,
    });
    for (const { options } of [waiting, failed])
      expect(options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(find('aws:sqs/redriveAllowPolicy:RedriveAllowPolicy', 'capture-queue-redrive').inputs).toEqual({
      queueUrl: 'https://sqs/storage-prod-capture-failed',
      redriveAllowPolicy: JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [QUEUE] }),
    });
  });

  test('takes what S3 sends for these buckets of this account, over TLS', () => {
    const { all } = standard;
    const policies = all('aws:sqs/queuePolicy:QueuePolicy');
    expect(statementsOf(policies['capture-queue-senders'])).toEqual([
      TLS_ONLY(QUEUE),
      {
        Sid: 'SourceBuckets',
        Effect: 'Allow',
        Principal: { Service: ['s3.amazonaws.com'] },
        Action: ['sqs:SendMessage'],
        Resource: [QUEUE],
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnEquals: { 'aws:SourceArn': ['arn:aws:s3:::food-co-images'] },
        },
      },
    ]);
    expect(statementsOf(policies['capture-queue-failed-senders'])).toEqual([TLS_ONLY(FAILED)]);
  });
});

describe('EventBridge', () => {
  const bridge = {
    Sid: 'EventBridge',
    Effect: 'Allow',
    Principal: { Service: ['events.amazonaws.com'] },
    Action: ['sqs:SendMessage'],
    Condition: { ArnEquals: { 'aws:SourceArn': RULE } },
  };

  test('sends the changes of its buckets to the same queue, what fails to the other', () => {
    const { all, find } = bridged;
    expect(find('aws:cloudwatch/eventRule:EventRule', 'capture-rule').inputs).toEqual({
      name: 'storage-prod-capture',
      description: 'Changes of objects in source buckets, to the queue of capture',
      eventPattern: bridgePattern(['food-co-images']),
      state: 'ENABLED',
    });
    expect(JSON.parse(bridgePattern(['food-co-images']))).toEqual({
      source: ['aws.s3'],
      'detail-type': [
        'Object Created',
        'Object Deleted',
        'Object Restore Completed',
        'Object Tags Added',
        'Object Tags Deleted',
        'Object ACL Updated',
      ],
      detail: { bucket: { name: ['food-co-images'] } },
    });
    expect(find('aws:cloudwatch/eventTarget:EventTarget', 'capture-target').inputs).toEqual({
      rule: 'storage-prod-capture',
      targetId: 'capture',
      arn: QUEUE,
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: FAILED },
    });
    const policies = all('aws:sqs/queuePolicy:QueuePolicy');
    expect(statementsOf(policies['capture-queue-senders'])).toEqual([
      TLS_ONLY(QUEUE),
      expect.objectContaining({
        Sid: 'SourceBuckets',
        Condition: {
          StringEquals: { 'aws:SourceAccount': account },
          ArnEquals: { 'aws:SourceArn': ['arn:aws:s3:::food-co-metadata'] },
        },
      }),
      { ...bridge, Resource: [QUEUE] },
    ]);
    expect(statementsOf(policies['capture-queue-failed-senders'])).toEqual([
      TLS_ONLY(FAILED),
      { ...bridge, Resource: [FAILED] },
    ]);
  });

  test('passes by while the phase does not listen', async () => {
    const { find } = await program({ buckets: BRIDGED, capturing: false });
    expect(find('aws:cloudwatch/eventRule:EventRule', 'capture-rule').inputs['state']).toBe('DISABLED');
  });

  test('is not there where no bucket uses it', () => {
    const { all } = standard;
    expect(all('aws:cloudwatch/eventRule:EventRule')).toEqual({});
    expect(all('aws:cloudwatch/eventTarget:EventTarget')).toEqual({});
  });
});

describe('the function', () => {
  test('runs in the private subnets with what it needs to know', async () => {
    const { find, value } = standard;
    const { inputs } = find('aws:lambda/function:Function', 'capture-reader-function');
    expect(inputs).toMatchObject({
      name: 'storage-prod-capture',
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'scripts/function/index.handler',
      memorySize: 512,
      timeout: 30,
      vpcConfig: {
        subnetIds: ['a', 'b', 'c'].map((zone) => `network-us-east-1${zone}-private-id`),
        securityGroupIds: ['capture-reader-group-id'],
      },
      environment: {
        variables: {
          MIGRATE_ENVIRONMENT: 'ssm:/storage/prod/environment',
          MIGRATE_OWN_PRINCIPALS: 'AROASYNC,AROAPULSE',
        },
      },
      kmsKeyArn: 'arn:key/messages',
      loggingConfig: { logFormat: 'Text', logGroup: '/aws/lambda/storage-prod-capture' },
    });
    expect(await valueOf(value.functionName)).toBe('storage-prod-capture');
  });

  test('takes batches, names what it could not store, and never runs more often than it may connect', async () => {
    const { find } = await program({ maximumConcurrency: 4 });
    expect(
      find('aws:lambda/eventSourceMapping:EventSourceMapping', 'capture-reader-source').inputs,
    ).toMatchObject({
      eventSourceArn: QUEUE,
      batchSize: 10,
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency: 4 },
    });
  });

  test('may take from this queue, read its document and log in to the ledger, and no more', () => {
    const { find, all } = standard;
    const { inputs } = find('aws:iam/rolePolicy:RolePolicy', 'capture-reader-as-policy');
    expect(statementsOf(inputs)).toEqual([
      {
        Sid: 'TakeMessages',
        Effect: 'Allow',
        Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        Resource: [QUEUE],
      },
      { Sid: 'ReadMessages', Effect: 'Allow', Action: ['kms:Decrypt'], Resource: ['arn:key/messages'] },
      { Sid: 'ReadEnvironment', Effect: 'Allow', Action: ['ssm:GetParameter'], Resource: ['arn:parameter'] },
      { Sid: 'Connect', Effect: 'Allow', Action: ['rds-db:connect'], Resource: ['arn:db/storage_move'] },
    ]);
    const egress = Object.entries(all('aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule'))
      .filter(([name]) => name.startsWith('capture'))
      .map(([, rule]) => [rule['referencedSecurityGroupId'], rule['fromPort']])
      .toSorted();
    expect(egress).toEqual([
      ['database-group', 5432],
      ['network-endpoints-group-id', 443],
    ]);
  });
});

test('rings for lateness, for what was put aside, for errors and throttles, and of EventBridge', () => {
  const { all } = bridged;
  const alarms = Object.fromEntries(
    Object.entries(all('aws:cloudwatch/metricAlarm:MetricAlarm')).map(([name, inputs]) => [
      name.replace('capture-alarm-', ''),
      [inputs['metricName'], inputs['dimensions'], inputs['threshold'], inputs['evaluationPeriods']],
    ]),
  );
  expect(alarms).toEqual({
    late: ['ApproximateAgeOfOldestMessage', { QueueName: 'storage-prod-capture' }, 120, 2],
    failed: ['ApproximateNumberOfMessagesVisible', { QueueName: 'storage-prod-capture-failed' }, 0, 1],
    errors: ['Errors', { FunctionName: 'storage-prod-capture' }, 0, 3],
    throttles: ['Throttles', { FunctionName: 'storage-prod-capture' }, 0, 5],
    undelivered: ['FailedInvocations', { RuleName: 'storage-prod-capture' }, 0, 1],
  });
});

test.each([
  ['prepare', 'notBreaching'],
  ['copy', 'breaching'],
  ['cutover', 'breaching'],
  ['retain', 'breaching'],
  ['retire', 'notBreaching'],
  ['done', 'notBreaching'],
] as const)('of a canary that does not come through, by bucket, in %s: %s', async (phase, silence) => {
  const moves = ['images', 'metadata'];
  const { all } = await record((options) => {
    const args = { topic: 'arn:topic', environment: 'prod', moves, phase };
    canaryAlarms('parts', args, options);
  });
  const alarms = Object.entries(all('aws:cloudwatch/metricAlarm:MetricAlarm'));
  expect(alarms.map(([name]) => name)).toEqual(moves.map((move) => `parts-${move}-canary`));
  for (const [index, [, inputs]] of alarms.entries()) {
    expect(inputs).toMatchObject({
      namespace: 'Storage/Capture',
      metricName: 'Canaries',
      dimensions: { Environment: 'prod', Move: moves[index] },
      statistic: 'Sum',
      period: 300,
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: silence,
    });
  }
});

test.each<[string, Options, string, RegExp]>([
  ['no bucket', { buckets: [] }, 'buckets', /is empty/],
  ['one at once', { maximumConcurrency: 1 }, 'maximumConcurrency', /is 1; must be a whole number from 2/],
  ['a thousand at once', { maximumConcurrency: 1000 }, 'maximumConcurrency', /is 1000; .* to 100$/],
])('%s is refused', async (_, options, propertyPath, reason) => {
  await expect(program(options)).rejects.toMatchObject({
    propertyPath,
    reason: expect.stringMatching(reason) as string,
  });
});
