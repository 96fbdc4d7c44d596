import { CEPH_EVENTS } from '../contract/event-names.ts';
import type { Environment, Move } from '../contract/environment.ts';
import { BucketControl } from '../store/control.ts';
import { StoreClient } from '../store/client.ts';
import { createTopic } from '../store/topic.ts';
import { eventSettings } from './settings.ts';
import { APPLICATIONS } from '../contract/names.ts';

/** Owns buckets and topic: today's RGWs let nobody else join the two. */
const OWNER = APPLICATIONS;

/** The id of our entry in a bucket's notification; every bucket has one of its own (see `notificationId`). */
function entryId(move: Pick<Move, 'name'>): string {
  return `storage-events-${move.name}`;
}

/**
 * Lets the buckets on Ceph tell of every change: makes the topic on each cluster, and merges our entry into
 * each bucket's notification. Running it twice changes nothing.
 *
 * For when the bulk copy is complete: a copy of 600 million objects would fill the topic's queue, and RGW
 * refuses writes while it is full.
 */
export async function installEvents(environment: Environment): Promise<void> {
  const { topic, pushEndpoint } = eventSettings(environment);
  await onEachCluster(environment, async ({ control, client, moves }) => {
    const arn = await createTopic(client, { name: topic, pushEndpoint, persistent: true });
    for (const move of moves) {
      await control.mergeNotification(move.targetBucket, [
        { id: entryId(move), kind: 'topic', arn, events: [...CEPH_EVENTS] },
      ]);
    }
  });
}

/** Takes our entries out again. The topic stays, with what it still holds. */
export async function removeEvents(environment: Environment): Promise<void> {
  await onEachCluster(environment, async ({ control, moves }) => {
    for (const move of moves) await control.removeNotification(move.targetBucket, [entryId(move)]);
  });
}

type Cluster = { control: BucketControl; client: StoreClient; moves: readonly Move[] };

async function onEachCluster(
  environment: Environment,
  work: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const { requestSeconds } = environment.bounds;
  for (const [name, endpoint] of Object.entries(environment.targets)) {
    const moves = environment.moves.filter(({ targetCluster }) => targetCluster === name);
    if (moves.length === 0) continue;
    const client = await StoreClient.open(endpoint, OWNER, { requestSeconds, connections: 1 });
    try {
      const control = await BucketControl.open(endpoint, OWNER, { requestSeconds });
      try {
        await work({ control, client, moves });
      } finally {
        control.close();
      }
    } finally {
      await client.close();
    }
  }
}
