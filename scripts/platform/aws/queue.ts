import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { awsClientOptions, awsTrouble } from '../../store/identity/aws-client.ts';

const clients = new Map<string, SQSClient>();

/**
 * How many messages a queue holds: those that wait, those that a reader has in hand, and those that are
 * delayed. SQS counts approximately: the figures may be a minute behind what was sent last.
 */
export async function queueDepth(region: string, queueUrl: string): Promise<number> {
  const client = clients.get(region) ?? new SQSClient(awsClientOptions(region));
  clients.set(region, client);
  const names = [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
    'ApproximateNumberOfMessagesDelayed',
  ] as const;
  try {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }),
    );
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  } catch (error) {
    throw awsTrouble(`The queue ${queueUrl} cannot be asked how much it holds`, error);
  }
}
