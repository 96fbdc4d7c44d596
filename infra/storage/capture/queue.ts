import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument, tlsOnly, type ResourceStatement } from '../../foundation/iam.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { protection, type Protection } from '../../foundation/protection.ts';
import { whenReady } from '../../foundation/ready.ts';

const DAY_SECONDS = 86_400;
/** The longest that SQS keeps a message: time to mend what keeps it from being stored. */
const KEPT_SECONDS = 14 * DAY_SECONDS;
/**
 * A message that could not be stored comes again after the visibility time-out. So many times that a ledger
 * that is away for hours puts nothing aside.
 */
const DELIVERIES = 100;

export type CaptureQueueArgs = Protection & {
  environment: string;
  account: string;
  /** Buckets whose own notifications come here. */
  notifyingBuckets: readonly pulumi.Input<string>[];
  /** The rule of EventBridge that sends here, where there is one. */
  ruleArn?: pulumi.Input<string>;
  /** `keys.messages`: its policy lets S3 and EventBridge send. */
  key: EncryptionKey;
  /** A message that was handed out and not acknowledged comes again after so long. */
  visibilitySeconds: number;
};

/** What S3 tells of changes waits here until the ledger has it, and in the second queue what it cannot take. */
export class CaptureQueue extends pulumi.ComponentResource {
  /** Known when S3 and EventBridge may send. */
  readonly arn: pulumi.Output<string>;
  readonly url: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly failedArn: pulumi.Output<string>;
  readonly failedUrl: pulumi.Output<string>;
  readonly failedName: pulumi.Output<string>;

  constructor(name: string, args: CaptureQueueArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:capture:CaptureQueue', name, {}, options);
    const child = { parent: this };
    const kept = { ...child, ...protection(args) };
    const common = {
      messageRetentionSeconds: KEPT_SECONDS,
      kmsMasterKeyId: args.key.arn,
      // KMS is asked once in five minutes, not for each message.
      kmsDataKeyReusePeriodSeconds: 300,
    };
    const failed = new aws.sqs.Queue(
      `${name}-failed`,
      { ...common, name: `storage-${args.environment}-capture-failed` },
      kept,
    );
    const queue = new aws.sqs.Queue(
      `${name}-waiting`,
      {
        ...common,
        name: `storage-${args.environment}-capture`,
        visibilityTimeoutSeconds: args.visibilitySeconds,
        receiveWaitTimeSeconds: 20,
        redrivePolicy: pulumi.jsonStringify({ deadLetterTargetArn: failed.arn, maxReceiveCount: DELIVERIES }),
      },
      kept,
    );
    new aws.sqs.RedriveAllowPolicy(
      `${name}-redrive`,
      {
        queueUrl: failed.url,
        redriveAllowPolicy: pulumi.jsonStringify({
          redrivePermission: 'byQueue',
          sourceQueueArns: [queue.arn],
        }),
      },
      child,
    );
    const senders = [
      ...fromBuckets(queue.arn, args),
      ...(args.ruleArn === undefined ? [] : [fromRule(queue.arn, args.ruleArn)]),
    ];
    const open = new aws.sqs.QueuePolicy(
      `${name}-senders`,
      { queueUrl: queue.url, policy: policyDocument([tlsOnly('sqs', [queue.arn]), ...senders]) },
      child,
    );
    const openFailed = new aws.sqs.QueuePolicy(
      `${name}-failed-senders`,
      {
        queueUrl: failed.url,
        policy: policyDocument([
          tlsOnly('sqs', [failed.arn]),
          ...(args.ruleArn === undefined ? [] : [fromRule(failed.arn, args.ruleArn)]),
        ]),
      },
      child,
    );
    this.arn = whenReady(queue.arn, [open, openFailed]);
    this.url = queue.url;
    this.name = queue.name;
    this.failedArn = failed.arn;
    this.failedUrl = failed.url;
    this.failedName = failed.name;
    this.registerOutputs({ arn: this.arn, url: this.url, failedUrl: this.failedUrl });
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html */
function fromBuckets(
  queueArn: pulumi.Input<string>,
  { notifyingBuckets, account }: Pick<CaptureQueueArgs, 'notifyingBuckets' | 'account'>,
): ResourceStatement[] {
  if (notifyingBuckets.length === 0) return [];
  return [
    {
      Sid: 'SourceBuckets',
      Principal: { Service: ['s3.amazonaws.com'] },
      Action: ['sqs:SendMessage'],
      Resource: [queueArn],
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnEquals: { 'aws:SourceArn': [...notifyingBuckets] },
      },
    },
  ];
}

function fromRule(queueArn: pulumi.Input<string>, ruleArn: pulumi.Input<string>): ResourceStatement {
  return {
    Sid: 'EventBridge',
    Principal: { Service: ['events.amazonaws.com'] },
    Action: ['sqs:SendMessage'],
    Resource: [queueArn],
    Condition: { ArnEquals: { 'aws:SourceArn': ruleArn } },
  };
}
