import type * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';

/** Twice a canary's way: one is written a minute. */
const LATE_SECONDS = 120;

export type CaptureAlarmsArgs = {
  topic: AlarmTopic;
  queueName: pulumi.Input<string>;
  failedName: pulumi.Input<string>;
  functionName: pulumi.Input<string>;
  ruleName?: pulumi.Input<string>;
};

/** What capture can lose: time, and with it the cutover; and events that nobody stores. */
export function captureAlarms(
  name: string,
  args: CaptureAlarmsArgs,
  options: pulumi.CustomResourceOptions,
): void {
  const sqs = (metricName: string, queueName: pulumi.Input<string>) => ({
    namespace: 'AWS/SQS',
    name: metricName,
    dimensions: { QueueName: queueName },
    statistic: 'Maximum' as const,
    periodSeconds: 60,
  });
  const lambda = (metricName: string) => ({
    namespace: 'AWS/Lambda',
    name: metricName,
    dimensions: { FunctionName: args.functionName },
    statistic: 'Sum' as const,
    periodSeconds: 60,
  });
  alarm(
    `${name}-late`,
    {
      topic: args.topic,
      description:
        `A change on S3 has waited for more than ${LATE_SECONDS} s to be stored: replay falls behind, and a hold ` +
        'would be called off. Look at the function’s errors and at the database. Nothing is lost for 14 days.',
      metric: sqs('ApproximateAgeOfOldestMessage', args.queueName),
      above: LATE_SECONDS,
      forPeriods: 2,
      missing: 'notBreaching',
    },
    options,
  );
  alarm(
    `${name}-failed`,
    {
      topic: args.topic,
      description:
        'Messages could not be stored a hundred times over and were put aside: changes that replay does not know of. ' +
        'Look at the function’s log for why, mend it, and redrive the queue within 14 days.',
      metric: sqs('ApproximateNumberOfMessagesVisible', args.failedName),
      above: 0,
      missing: 'notBreaching',
    },
    options,
  );
  alarm(
    `${name}-errors`,
    {
      topic: args.topic,
      description:
        'The capture function fails for minutes on end: nothing is stored. Its log says why; the database, its ' +
        'permission to log in and the environment parameter are what it needs.',
      metric: lambda('Errors'),
      above: 0,
      forPeriods: 3,
      missing: 'notBreaching',
    },
    options,
  );
  alarm(
    `${name}-throttles`,
    {
      topic: args.topic,
      description:
        'AWS runs no more copies of the capture function: the account’s limit of concurrent functions is used up by ' +
        'others. Changes wait. Raise the limit, or reserve some for capture.',
      metric: lambda('Throttles'),
      above: 0,
      forPeriods: 5,
      missing: 'notBreaching',
    },
    options,
  );
  if (args.ruleName === undefined) return;
  alarm(
    `${name}-undelivered`,
    {
      topic: args.topic,
      description:
        'EventBridge could not hand events to the queue of capture: they are in the queue of failures, or lost after a ' +
        'day. Look at the queue’s policy and at the policy of its key.',
      metric: {
        namespace: 'AWS/Events',
        name: 'FailedInvocations',
        dimensions: { RuleName: args.ruleName },
        statistic: 'Sum',
        periodSeconds: 60,
      },
      above: 0,
      missing: 'notBreaching',
    },
    options,
  );
}
