import * as pulumi from '@pulumi/pulumi';
import type { AlarmTopic } from '../../foundation/alarms.ts';
import type { Protection } from '../../foundation/protection.ts';
import type { SourceBucket } from '../source/source-bucket.ts';
import { captureAlarms } from './alarms.ts';
import { bridgeRule, bridgeTarget } from './bridge.ts';
import { CaptureFunction, TIMEOUT_SECONDS, type CaptureFunctionArgs } from './function.ts';
import { CaptureQueue } from './queue.ts';

export type CaptureArgs = Protection &
  Pick<
    CaptureFunctionArgs,
    'environment' | 'network' | 'keys' | 'database' | 'environmentParameter' | 'logDays'
  > & {
    account: string;
    buckets: readonly Pick<SourceBucket, 'settings' | 'bucketName' | 'bucketArn'>[];
    alarms: AlarmTopic;
    /**
     * Unique ids (`AROA…`) of the roles that the migration itself works as: what they write to S3 is not
     * stored, the canary excepted.
     */
    ownPrincipals: readonly pulumi.Input<string>[];
    /**
     * Whether this phase listens: from `copy` to `retire`. Of notifications the steps decide; EventBridge
     * would else deliver what a bucket has been sending it all along.
     */
    capturing: boolean;
    /** At most so many copies of the function at once, each with one connection to the ledger. Default: 10. */
    maximumConcurrency?: number;
  };

/** Fewer SQS does not take; more are more connections than the ledger's smallest size has. */
const CONCURRENCY = { least: 2, most: 100 };

/**
 * Changes on S3, from the buckets' notifications (or EventBridge, where the customer's rules overlap ours)
 * through a queue into the operation log. The buckets' own documents are the steps' (`migrate capture`).
 */
export class Capture extends pulumi.ComponentResource {
  /** Known when S3 may send to it: a notification that names it is refused before. */
  readonly queueArn: pulumi.Output<string>;
  readonly queueUrl: pulumi.Output<string>;
  readonly deadLetterUrl: pulumi.Output<string>;
  readonly functionName: pulumi.Output<string>;
  readonly functionSecurityGroupId: pulumi.Output<string>;

  constructor(name: string, args: CaptureArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:capture:Capture', name, {}, options);
    const maximumConcurrency = args.maximumConcurrency ?? 10;
    validate(args, maximumConcurrency);
    const child = { parent: this };
    const by = (events: 'notification' | 'eventbridge') =>
      args.buckets.filter(({ settings }) => settings.events === events);
    const bridged = by('eventbridge').map(({ settings }) => settings.source);
    const rule =
      bridged.length === 0
        ? undefined
        : bridgeRule(
            `${name}-rule`,
            { environment: args.environment, buckets: bridged, capturing: args.capturing },
            child,
          );
    const queue = new CaptureQueue(
      `${name}-queue`,
      {
        environment: args.environment,
        account: args.account,
        notifyingBuckets: by('notification').map(({ bucketArn }) => bucketArn),
        ...(rule !== undefined && { ruleArn: rule.arn }),
        key: args.keys.messages,
        // As AWS asks for: six times what the function may take.
        visibilitySeconds: 6 * TIMEOUT_SECONDS,
        protect: args.protect,
      },
      child,
    );
    if (rule !== undefined) {
      const { arn: queueArn, failedArn } = queue;
      bridgeTarget(`${name}-target`, { rule, queueArn, failedArn }, child);
    }
    const reader = new CaptureFunction(`${name}-reader`, { ...args, queue, maximumConcurrency }, child);
    captureAlarms(
      `${name}-alarm`,
      {
        topic: args.alarms,
        queueName: queue.name,
        failedName: queue.failedName,
        functionName: reader.functionName,
        ...(rule !== undefined && { ruleName: rule.name }),
      },
      child,
    );
    this.queueArn = queue.arn;
    this.queueUrl = queue.url;
    this.deadLetterUrl = queue.failedUrl;
    this.functionName = reader.functionName;
    this.functionSecurityGroupId = reader.securityGroupId;
    this.registerOutputs({ queueArn: this.queueArn, functionName: this.functionName });
  }
}

function validate(args: CaptureArgs, maximumConcurrency: number): void {
  if (args.buckets.length === 0) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'buckets',
      reason: 'is empty; name at least one source bucket whose changes are captured',
    });
  }
  if (
    !Number.isInteger(maximumConcurrency) ||
    maximumConcurrency < CONCURRENCY.least ||
    maximumConcurrency > CONCURRENCY.most
  ) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'maximumConcurrency',
      reason: `is ${maximumConcurrency}; must be a whole number from ${CONCURRENCY.least} to ${CONCURRENCY.most}`,
    });
  }
}
