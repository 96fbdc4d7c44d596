import { describe, expect, it } from 'vitest';
import { alarm, AlarmTopic, type AlarmArgs } from '../../../../infra/foundation/alarms.ts';
import { record, valueOf } from '../../../support/recorded.ts';
import { documentIn, KEY, OUTPUTS, refusalOf } from './support.ts';

const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const ARGS: AlarmArgs = {
  topic: 'arn:topic',
  description: 'Messages wait: look at the function',
  metric: {
    namespace: 'AWS/SQS',
    name: 'ApproximateAgeOfOldestMessage',
    dimensions: { QueueName: 'capture' },
    statistic: 'Maximum',
    periodSeconds: 60,
  },
  above: 300,
};

describe('the topic of alarms', () => {
  it('is encrypted, takes alarms of this account, and writes to people', async () => {
    const { all, find, value } = await record(
      () =>
        new AlarmTopic('alarms', {
          account: '111122223333',
          key: KEY,
          emails: ['ops@example.com', 'b@example.com'],
        }),
      OUTPUTS,
    );
    expect(find('aws:sns/topic:Topic', 'alarms-topic').inputs).toEqual({ kmsMasterKeyId: 'key-id' });
    const policy = find('aws:sns/topicPolicy:TopicPolicy', 'alarms-policy').inputs;
    expect(policy['arn']).toBe('arn:alarms-topic');
    expect(documentIn(policy['policy']).Statement).toEqual([
      {
        Sid: 'Alarms',
        Effect: 'Allow',
        Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
        Action: ['sns:Publish'],
        Resource: ['arn:alarms-topic'],
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      },
    ]);
    expect(all('aws:sns/topicSubscription:TopicSubscription')).toEqual({
      'alarms-b@example.com': { topic: 'arn:alarms-topic', protocol: 'email', endpoint: 'b@example.com' },
      'alarms-ops@example.com': { topic: 'arn:alarms-topic', protocol: 'email', endpoint: 'ops@example.com' },
    });
    expect(await valueOf(value.arn)).toBe('arn:alarms-topic');
  });
});

describe('an alarm', () => {
  it('rings above, and says when it is over', async () => {
    const { find } = await record(() => alarm('age', ARGS), OUTPUTS);
    expect(find(ALARM, 'age').inputs).toEqual({
      alarmDescription: 'Messages wait: look at the function',
      namespace: 'AWS/SQS',
      metricName: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: 'capture' },
      statistic: 'Maximum',
      period: 60,
      comparisonOperator: 'GreaterThanThreshold',
      threshold: 300,
      evaluationPeriods: 1,
      treatMissingData: 'ignore',
      alarmActions: ['arn:topic'],
      okActions: ['arn:topic'],
    });
  });

  it('rings below zero things too, after some periods, and takes silence for trouble where it is set so', async () => {
    const { topic, description, metric } = ARGS;
    const { find } = await record(
      () => alarm('heartbeat', { topic, description, metric, below: 1, forPeriods: 5, missing: 'breaching' }),
      OUTPUTS,
    );
    expect(find(ALARM, 'heartbeat').inputs).toMatchObject({
      comparisonOperator: 'LessThanThreshold',
      threshold: 1,
      evaluationPeriods: 5,
      treatMissingData: 'breaching',
    });
  });

  it('of a topic component writes to its ARN; a threshold of 0 is one', async () => {
    const { find } = await record(() => {
      const topic = new AlarmTopic('alarms', { account: '1', key: KEY, emails: [] });
      alarm('dlq', { ...ARGS, topic, above: 0 });
    }, OUTPUTS);
    expect(find(ALARM, 'dlq').inputs).toMatchObject({ threshold: 0, alarmActions: ['arn:alarms-topic'] });
  });

  it.each<[Partial<AlarmArgs>, string]>([
    [{ below: 1 }, 'above of the alarm x must be given or else below, not both and not neither'],
    [
      { metric: { ...ARGS.metric, periodSeconds: 90 } },
      'metric.periodSeconds of the alarm x is 90; must be 10, 30 or a multiple of 60',
    ],
    [
      { metric: { ...ARGS.metric, periodSeconds: 0 } },
      'metric.periodSeconds of the alarm x is 0; must be 10, 30 or a multiple of 60',
    ],
  ])('with %o is refused', async (args, message) => {
    const { value } = await record(() => refusalOf(() => alarm('x', { ...ARGS, ...args })));
    expect(value).toBe(message);
  });
});
