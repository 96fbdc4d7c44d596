import type { Environment } from '../contract/environment.ts';
import { UserError } from '../contract/errors.ts';

type EventSettings = NonNullable<Environment['events']>;

/**
 * Where the notifications of this environment's Ceph clusters go.
 *
 * @throws UserError where they go nowhere, or where two clusters have a bucket of one name: a notification
 *   names the bucket only
 */
export function eventSettings({ events, moves }: Pick<Environment, 'events' | 'moves'>): EventSettings {
  if (events === undefined) {
    throw new UserError(
      'This environment has no section "events": nobody listens to the notifications of its Ceph clusters. ' +
        'The stacks on AWS write one.',
    );
  }
  const buckets = moves.map(({ targetBucket }) => targetBucket);
  const twice = buckets.find((bucket, index) => buckets.indexOf(bucket) !== index);
  if (twice !== undefined) {
    throw new UserError(
      `Two moves end in a bucket named "${twice}": events could not be told apart. Give one of them another target.`,
    );
  }
  return events;
}
