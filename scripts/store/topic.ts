import type { StoreClient } from './client.ts';
import { hasCode } from './errors.ts';
import { childrenOf, parseXml, requiredText } from './xml.ts';

/**
 * Makes a topic of RGW that pushes its notifications to an HTTP endpoint, or changes the one of that
 * name. Answers its ARN.
 *
 * @param options.persistent keep notifications until they are accepted; without it RGW loses those that
 *   the endpoint does not take. RGW 16.2.15 refuses clients' PUTs when the queue is full
 */
export async function createTopic(
  client: StoreClient,
  options: { name: string; pushEndpoint: string; persistent: boolean },
): Promise<string> {
  const text = await call(client, {
    Action: 'CreateTopic',
    Name: options.name,
    'Attributes.entry.1.key': 'push-endpoint',
    'Attributes.entry.1.value': options.pushEndpoint,
    'Attributes.entry.2.key': 'persistent',
    'Attributes.entry.2.value': String(options.persistent),
  });
  const [result] = childrenOf(parseXml(text, 'CreateTopicResponse'), 'CreateTopicResult');
  return requiredText(result ?? '', 'TopicArn');
}

/** Succeeds where there is no such topic. */
export async function deleteTopic(client: StoreClient, arn: string): Promise<void> {
  try {
    await call(client, { Action: 'DeleteTopic', TopicArn: arn });
  } catch (error) {
    if (!hasCode(error, 'NoSuchKey', 'NotFound')) {
      throw error;
    }
  }
}

async function call(client: StoreClient, parameters: Record<string, string>): Promise<string> {
  const answer = await client.send({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(new URLSearchParams(parameters).toString()),
    repeatable: true,
  });
  return answer.text;
}
