import { kindOf } from '../contract/event-names.ts';
import { readMessage, unread, type Change, type Unread } from '../platform/notifications/records.ts';
import { normaliseSequencer } from '../platform/notifications/sequencer.ts';

/** A change of one object on Ceph, as the table `object_event` keeps it. */
export type ObjectEvent = {
  bucket: string;
  key: string;
  kind: ReturnType<typeof kindOf>;
  eventName: string;
  /** Comparable as text within one key. */
  sequencer: string | null;
  versionId: string | null;
  etag: string | null;
  /** Bytes. */
  size: number | null;
  principal: string | null;
  eventTime: Date | null;
};

/**
 * Reads one notification of RGW. Everybody's changes count, the migration's as well: a late write that it
 * copies is a change of the object.
 *
 * @param buckets those that are listened to; a record of any other is left out, and said to be
 */
export function readObjectEvents(
  document: unknown,
  buckets: ReadonlySet<string>,
): { events: ObjectEvent[]; unread: Unread[] } {
  const message = readMessage(document);
  const [ours, others] = [true, false].map((own) =>
    message.changes.filter(({ bucket }) => buckets.has(bucket) === own),
  ) as [Change[], Change[]];
  const foreign = others.map((change) =>
    unread('foreign', change, `bucket "${change.bucket}" is not one that is listened to`, change.bucket),
  );
  return { events: ours.map(toObjectEvent), unread: [...message.unread, ...foreign] };
}

function toObjectEvent(change: Change): ObjectEvent {
  const { bucket, key, eventName, eventSource } = change;
  const time = Date.parse(change.time ?? '');
  return {
    bucket,
    key,
    kind: kindOf(eventName),
    eventName,
    sequencer: normaliseSequencer(eventSource, change.sequencer) ?? null,
    versionId: change.versionId || null,
    etag: change.etag?.replaceAll('"', '') || null,
    size: change.size ?? null,
    principal: change.principal || null,
    eventTime: Number.isNaN(time) ? null : new Date(time),
  };
}
