import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { BRIDGE_EVENTS } from '../../../scripts/contract/event-names.ts';

/**
 * The events of these buckets that change an object, of all that EventBridge gets. Others (a class that
 * changed, a restore that was asked for) change nothing that moves.
 */
export function bridgePattern(buckets: readonly string[]): string {
  return JSON.stringify({
    source: ['aws.s3'],
    'detail-type': Object.keys(BRIDGE_EVENTS),
    detail: { bucket: { name: buckets } },
  });
}

export type BridgeRuleArgs = {
  environment: string;
  /** Names of the buckets whose changes come by EventBridge. */
  buckets: readonly string[];
  /** False: events pass by. A bucket may have been sending to EventBridge for years. */
  capturing: boolean;
};

/** A rule on the account's own bus, where S3's events are. */
export function bridgeRule(
  name: string,
  args: BridgeRuleArgs,
  options: pulumi.CustomResourceOptions,
): aws.cloudwatch.EventRule {
  return new aws.cloudwatch.EventRule(
    name,
    {
      name: `storage-${args.environment}-capture`,
      description: 'Changes of objects in source buckets, to the queue of capture',
      eventPattern: bridgePattern(args.buckets),
      state: args.capturing ? 'ENABLED' : 'DISABLED',
    },
    options,
  );
}

/** Sends what the rule finds to the queue; what it cannot deliver for a day, to the queue of failures. */
export function bridgeTarget(
  name: string,
  args: { rule: aws.cloudwatch.EventRule; queueArn: pulumi.Input<string>; failedArn: pulumi.Input<string> },
  options: pulumi.CustomResourceOptions,
): aws.cloudwatch.EventTarget {
  return new aws.cloudwatch.EventTarget(
    name,
    {
      rule: args.rule.name,
      targetId: 'capture',
      arn: args.queueArn,
      retryPolicy: { maximumEventAgeInSeconds: 86_400, maximumRetryAttempts: 185 },
      deadLetterConfig: { arn: args.failedArn },
    },
    options,
  );
}
