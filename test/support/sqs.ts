import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  type Message,
} from '@aws-sdk/client-sqs';
import type { SqsBatchResponse, SqsEvent } from '../../scripts/move/capture/lambda.ts';
import type { Moto } from './moto.ts';

export type TestQueue = { queueUrl: string; queueArn: string; failedUrl: string };

/** A queue as the stack makes it, with one that takes what was delivered `deliveries` times in vain. */
export async function makeQueue(
  moto: Moto,
  name: string,
  options: { deliveries: number },
): Promise<TestQueue> {
  const arn = (queue: string) => `arn:aws:sqs:${moto.region}:${moto.account}:${queue}`;
  const failed = await moto.sqs.send(new CreateQueueCommand({ QueueName: `${name}-failed` }));
  const waiting = await moto.sqs.send(
    new CreateQueueCommand({
      QueueName: name,
      Attributes: {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: arn(`${name}-failed`),
          maxReceiveCount: options.deliveries,
        }),
      },
    }),
  );
  return { queueUrl: waiting.QueueUrl ?? '', queueArn: arn(name), failedUrl: failed.QueueUrl ?? '' };
}

/**
 * Does once what AWS' poller does all the time: hands a batch to the function and deletes what the function
 * does not name. What it names may be delivered again at once, not after the visibility time-out.
 *
 * @returns the messages of the batch; none when nothing waits
 */
export async function deliver(
  moto: Moto,
  queueUrl: string,
  handler: (event: SqsEvent) => Promise<SqsBatchResponse>,
): Promise<Message[]> {
  const receive = new ReceiveMessageCommand({
    QueueUrl: queueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 0,
  });
  const { Messages = [] } = await moto.sqs.send(receive);
  if (Messages.length === 0) return [];
  const { batchItemFailures } = await handler({
    Records: Messages.map(({ MessageId = '', Body = '' }) => ({ messageId: MessageId, body: Body })),
  });
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  for (const { MessageId = '', ReceiptHandle } of Messages) {
    if (failed.has(MessageId)) continue;
    await moto.sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  return Messages;
}

/** Delivers until nothing waits. */
export async function deliverAll(...args: Parameters<typeof deliver>): Promise<number> {
  let delivered = 0;
  for (;;) {
    const { length } = await deliver(...args);
    if (length === 0) return delivered;
    delivered += length;
  }
}

/** How many messages a queue holds. */
export async function depthOf(moto: Moto, queueUrl: string): Promise<number> {
  const { Attributes } = await moto.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
    }),
  );
  return Object.values(Attributes ?? {}).reduce((sum, count) => sum + Number(count), 0);
}
