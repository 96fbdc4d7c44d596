import type { Database } from '../ledger/database.ts';
import type { ObjectEvent } from './object-event.ts';

/** The columns that an event fills, with their types. */
const COLUMNS: Record<keyof ObjectEvent, { name: string; type: string }> = {
  bucket: { name: 'bucket', type: 'text' },
  key: { name: 'key', type: 'text' },
  kind: { name: 'kind', type: 'text' },
  eventName: { name: 'event_name', type: 'text' },
  sequencer: { name: 'sequencer', type: 'text' },
  versionId: { name: 'version_id', type: 'text' },
  etag: { name: 'etag', type: 'text' },
  size: { name: 'size', type: 'bigint' },
  principal: { name: 'principal', type: 'text' },
  eventTime: { name: 'event_time', type: 'timestamptz' },
};
const FIELDS = Object.keys(COLUMNS) as (keyof ObjectEvent)[];
const INSERT =
  `INSERT INTO object_event (${FIELDS.map((field) => COLUMNS[field].name).join(', ')}) ` +
  `SELECT * FROM unnest(${FIELDS.map((field, index) => `$${index + 1}::${COLUMNS[field].type}[]`).join(', ')})`;

/** Appends events and wakes who listens on the channel `object_event`. Durable once the transaction has committed. */
export async function appendObjectEvents(db: Database, events: ObjectEvent[]): Promise<void> {
  await db.query(
    INSERT,
    FIELDS.map((field) => events.map((event) => event[field])),
  );
  await db.query(`SELECT pg_notify('object_event', '')`);
}
