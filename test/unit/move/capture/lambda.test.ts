import { expect, test } from 'vitest';
import { canaryLines, handleBatch } from '../../../../scripts/move/capture/lambda.ts';

/** A message as Lambda hands it over of SQS. */
const message = (messageId: string, body: string) => ({
  messageId,
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
  body,
  attributes: { ApproximateReceiveCount: '1', SenderId: 'AIDAIENQZJOLO23YVJ4VO' },
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:my-queue',
  awsRegion: 'us-east-2',
});

test('only what was not stored is named for another delivery', async () => {
  const stored: unknown[] = [];
  const handler = {
    store: (document: unknown) => {
      if ((document as { refuse?: true }).refuse === true)
        return Promise.reject(new Error('the ledger is away'));
      stored.push(document);
      return Promise.resolve(1);
    },
  };
  const event = {
    Records: [
      message('a', '{"n":1}'),
      message('b', '{"refuse":true}'),
      message('c', '{cut'),
      message('d', '{"n":2}'),
    ],
  };
  await expect(handleBatch(handler, event)).resolves.toEqual({
    batchItemFailures: [{ itemIdentifier: 'b' }],
  });
  expect(stored).toEqual([{ n: 1 }, '{cut', { n: 2 }]);
});

test('what failed for a connection that broke is tried once more at once', async () => {
  let tries = 0;
  const handler = {
    store: () => {
      tries += 1;
      return tries === 1 ? Promise.reject(new Error('Connection terminated')) : Promise.resolve(1);
    },
  };
  await expect(handleBatch(handler, { Records: [message('a', '{}')] })).resolves.toEqual({
    batchItemFailures: [],
  });
  expect(tries).toBe(2);
});

test('a canary that was stored is counted in the form that CloudWatch reads from a log', () => {
  const operations = [
    { move: 'images', kind: 'put' as const },
    { move: 'images', kind: 'canary' as const },
  ];
  expect(canaryLines('prod', operations, 1_700_000_000_000)).toEqual([
    {
      _aws: {
        Timestamp: 1_700_000_000_000,
        CloudWatchMetrics: [
          {
            Namespace: 'Storage/Capture',
            Dimensions: [['Environment', 'Move']],
            Metrics: [{ Name: 'Canaries', Unit: 'Count' }],
          },
        ],
      },
      Environment: 'prod',
      Move: 'images',
      Canaries: 1,
    },
  ]);
});
