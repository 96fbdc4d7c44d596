import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument } from './iam.ts';
import type { EncryptionKey } from './keys.ts';

export type AlarmTopicArgs = {
  account: string;
  /** `keys.messages`: its policy lets CloudWatch publish. */
  key: EncryptionKey;
  /** Where the topic is, which is where its alarms must be: CloudFront's are in us-east-1. Default: the provider's. */
  region?: string;
  /** Who is written to. Each must confirm a mail from AWS once; until then it hears nothing. Default: nobody. */
  emails: readonly string[];
};

/** Where alarms go: a topic that other systems may subscribe to, and the people who are written to. */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: AlarmTopicArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:alarms:AlarmTopic', name, {}, options);
    const { region } = args;
    const topic = new aws.sns.Topic(
      `${name}-topic`,
      { kmsMasterKeyId: args.key.id, region },
      { parent: this },
    );
    const policy = new aws.sns.TopicPolicy(
      `${name}-policy`,
      {
        arn: topic.arn,
        region,
        policy: policyDocument([
          {
            Sid: 'Alarms',
            Principal: { Service: ['cloudwatch.amazonaws.com', 'events.amazonaws.com'] },
            Action: ['sns:Publish'],
            Resource: [topic.arn],
            Condition: { StringEquals: { 'aws:SourceAccount': args.account } },
          },
        ]),
      },
      { parent: this },
    );
    for (const email of args.emails) {
      new aws.sns.TopicSubscription(
        `${name}-${email}`,
        { topic: topic.arn, protocol: 'email', endpoint: email, region },
        { parent: this, dependsOn: policy },
      );
    }
    this.arn = topic.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

export type AlarmMetric = {
  namespace: string;
  name: string;
  dimensions: Record<string, pulumi.Input<string>>;
  /** `p99` is the value that 99 % of the samples stay under. */
  statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'SampleCount' | `p${number}`;
  /** 10, 30, or a multiple of 60. */
  periodSeconds: number;
};

export type AlarmArgs = {
  topic: AlarmTopic | pulumi.Input<string>;
  /** What is lost or late when it rings, and what to do. It is the whole text of the mail. */
  description: string;
  metric: AlarmMetric;
  /** Rings above this, in the metric's unit. Exactly one of `above` and `below`. */
  above?: number;
  below?: number;
  /** Rings when so many periods in a row are bad. Default: 1. */
  forPeriods?: number;
  /**
   * What a period without a value is. `breaching` where something must report all the time (a heartbeat);
   * `notBreaching` where there is a value only when something happens (a queue of failures). Default:
   * `ignore`, which keeps the alarm as it was.
   */
  missing?: 'breaching' | 'notBreaching' | 'ignore';
  /** Where the metric is; the topic must be there too. Default: the provider's region. */
  region?: string;
};

/**
 * An alarm that writes to the topic when it rings and when it is over.
 *
 * @throws InputPropertyError where it could never ring, or would always
 */
export function alarm(
  name: string,
  args: AlarmArgs,
  options?: pulumi.CustomResourceOptions,
): aws.cloudwatch.MetricAlarm {
  const { metric, above, below } = args;
  const refuse = (propertyPath: string, reason: string) =>
    new pulumi.InputPropertyError({ propertyPath, reason: `of the alarm ${name} ${reason}` });
  if ((above === undefined) === (below === undefined)) {
    throw refuse('above', 'must be given or else below, not both and not neither');
  }
  if (
    ![10, 30].includes(metric.periodSeconds) &&
    (metric.periodSeconds < 60 || metric.periodSeconds % 60 !== 0)
  ) {
    throw refuse('metric.periodSeconds', `is ${metric.periodSeconds}; must be 10, 30 or a multiple of 60`);
  }
  const actions = [args.topic instanceof AlarmTopic ? args.topic.arn : args.topic];
  return new aws.cloudwatch.MetricAlarm(
    name,
    {
      alarmDescription: args.description,
      namespace: metric.namespace,
      metricName: metric.name,
      dimensions: metric.dimensions,
      region: args.region,
      ...(isPercentile(metric.statistic)
        ? { extendedStatistic: metric.statistic }
        : { statistic: metric.statistic }),
      period: metric.periodSeconds,
      comparisonOperator: above === undefined ? 'LessThanThreshold' : 'GreaterThanThreshold',
      threshold: above ?? below ?? 0,
      evaluationPeriods: args.forPeriods ?? 1,
      treatMissingData: args.missing ?? 'ignore',
      alarmActions: actions,
      okActions: actions,
    },
    options,
  );
}

function isPercentile(statistic: string): boolean {
  return /^p\d/.test(statistic);
}
