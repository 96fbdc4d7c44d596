import { kindOf } from '../contract/event-names.ts';
import { MalformedEvent, readChanges, type Change } from '../platform/notifications/records.ts';
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
 * @param buckets those that are listened to; a record of any other is refused, so that it is not forgotten
 * @throws MalformedEvent for what it does not understand
 */
export function readObjectEvents(document: unknown, buckets: ReadonlySet<string>): ObjectEvent[] {
  return readChanges(document).map((change) => toObjectEvent(change, buckets));
}

function toObjectEvent(change: Change, buckets: ReadonlySet<string>): ObjectEvent {
  const { bucket, key, eventName, eventSource } = change;
  if (!buckets.has(bucket)) throw new MalformedEvent(`bucket "${bucket}" is not one that is listened to`);
  if (key.includes('\0')) throw new MalformedEvent(`key ${JSON.stringify(key)} holds a NUL character`);
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
