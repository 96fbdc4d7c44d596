import { Agent, request } from 'undici';
import type { Environment, Move } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { forgetBridge, isBridgeOurs, recordBridgeOn } from '../../ledger/source-documents.ts';
import { withControl } from '../common/source-control.ts';
import { StoreClient } from '../../store/client.ts';
import type { BucketControl, NotificationEntry } from '../../store/control.ts';
import { isEventBridge, notificationStands } from '../../store/documents.ts';
import { createTopic, deleteTopic } from '../../store/topic.ts';
import { AWS_EVENTS, CEPH_EVENTS } from '../../contract/event-names.ts';
import { MIGRATION, notificationId } from '../../contract/names.ts';

/**
 * Makes the topic that pushes to the capture receiver, or brings the one that there is up to date.
 * Nothing is pushed until a bucket's notification names it.
 *
 * RGW looks for new persistent queues every 30 s or so: a topic made well before it is needed saves that
 * wait. On Amazon the queue belongs to the stack and nothing is done here.
 *
 * @returns what a bucket notification names it by: the topic's or the queue's ARN
 */
export async function createCaptureTopic(environment: Environment): Promise<string> {
  const { capture } = environment;
  if (capture.kind === 'sqs') return capture.queueArn;
  const { topic, receiver } = capture;
  return withClient(environment, (client) =>
    createTopic(client, { name: topic, pushEndpoint: receiver, persistent: true }),
  );
}

/**
 * Adds our entry to the notification of every source bucket; the customer's entries stay as they are.
 * Where a bucket's events come by EventBridge, that is switched on instead, if it is not on already.
 */
export async function installCapture(environment: Environment): Promise<void> {
  const arn = await createCaptureTopic(environment);
  await withControl(environment, async (control, ledger) => {
    for (const move of environment.moves) await installEntry(environment, move, arn, { control, ledger });
  });
}

type Documents = { control: BucketControl; ledger: Pool };

/** @param arn as `createCaptureTopic` answers */
export async function installEntry(
  environment: Environment,
  move: Move,
  arn: string,
  { control, ledger }: Documents,
): Promise<void> {
  if (move.events === 'eventbridge') await switchBridgeOn(control, ledger, move);
  else await control.mergeNotification(move.sourceBucket, [entryOf(environment, move, arn)]);
}

function entryOf({ source }: Environment, move: Move, arn: string): NotificationEntry {
  const aws = source.kind === 'aws';
  return {
    id: notificationId(move),
    kind: aws ? 'queue' : 'topic',
    arn,
    events: [...(aws ? AWS_EVENTS : CEPH_EVENTS)],
  };
}

/** Why the bucket's notification document does not send us its events any more; null where it does. */
export async function entryTrouble(
  environment: Environment,
  move: Move,
  arn: string,
  control: Pick<BucketControl, 'notifications'>,
): Promise<string | null> {
  const standing = await control.notifications(move.sourceBucket);
  if (move.events === 'eventbridge') {
    return standing.some(isEventBridge) ? null : `EventBridge was switched off for ${move.sourceBucket}`;
  }
  const entry = entryOf(environment, move, arn);
  const ours = standing.find(({ id }) => id === entry.id);
  const of = `our entry in the notification document of ${move.sourceBucket}`;
  if (ours === undefined) return `${of} was missing`;
  return notificationStands(ours, entry) ? null : `${of} had been changed`;
}

async function switchBridgeOn(control: BucketControl, ledger: Pool, { sourceBucket }: Move): Promise<void> {
  const standing = await control.notifications(sourceBucket);
  if (standing.some(isEventBridge)) return;
  // Recorded first: after a kill between the two we must still know that it is ours.
  await recordBridgeOn(ledger, sourceBucket);
  await control.setEventBridge(sourceBucket, true);
}

/**
 * Why the capture receiver, or the ledger behind it, does not answer; null where they do. On Amazon there is
 * no receiver but a Lambda, of which only the canary can tell.
 */
export async function captureTrouble({ capture, bounds }: Environment): Promise<string | null> {
  if (capture.kind === 'sqs' || (await answers(capture.receiver, bounds.requestSeconds))) return null;
  return `the receiver of S3's notifications at ${capture.receiver} does not answer: start the worker "capture"`;
}

async function answers(receiver: string, requestSeconds: number): Promise<boolean> {
  const url = new URL('/health', receiver);
  // An agent of its own: the process's proxy settings are not for loopback and VPC.
  const dispatcher = new Agent();
  try {
    const answer = await request(url, {
      dispatcher,
      signal: AbortSignal.timeout(requestSeconds * 1000),
    });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.close();
  }
}

/**
 * Takes our entry out of every source bucket's notification, and then our topic with what it still holds.
 * EventBridge is switched off where we switched it on, and else stays as it is.
 */
export async function removeCapture(environment: Environment): Promise<void> {
  await withControl(environment, async (control, ledger) => {
    for (const move of environment.moves) {
      await control.removeNotification(move.sourceBucket, [notificationId(move)]);
      if (await isBridgeOurs(ledger, move.sourceBucket)) {
        await control.setEventBridge(move.sourceBucket, false);
        await forgetBridge(ledger, move.sourceBucket);
      }
    }
  });
  if (environment.capture.kind === 'sqs') return;
  // Its ARN is to be had only by making it, which changes nothing where it is there.
  const arn = await createCaptureTopic(environment);
  await withClient(environment, (client) => deleteTopic(client, arn));
}

async function withClient<T>(
  environment: Environment,
  work: (client: StoreClient) => Promise<T>,
): Promise<T> {
  const { requestSeconds } = environment.bounds;
  const client = await StoreClient.open(environment.source, MIGRATION, { requestSeconds, connections: 1 });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
