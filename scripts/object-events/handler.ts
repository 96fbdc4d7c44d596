import { GroupCommit } from '../platform/notifications/group-commit.ts';
import { log } from '../contract/log.ts';
import { transaction } from '../ledger/connect.ts';
import type { Pool } from '../ledger/database.ts';
import { readObjectEvents, type ObjectEvent } from './object-event.ts';
import { appendObjectEvents } from './table.ts';

/** The way of RGW's notifications into the table. When `store` returns, the events are durable. */
export class ObjectEventHandler {
  readonly #commit: GroupCommit<ObjectEvent>;
  readonly #buckets: ReadonlySet<string>;

  /** @param buckets those that are listened to, on any cluster */
  constructor(database: Pool, buckets: ReadonlySet<string>) {
    this.#commit = new GroupCommit((events) =>
      transaction(database, (client) => appendObjectEvents(client, events)),
    );
    this.#buckets = buckets;
  }

  /** @returns how many events the notification held. Throws the database's error. */
  async store(document: unknown): Promise<number> {
    const { events, unread } = readObjectEvents(document, this.#buckets);
    for (const { reason, detail } of unread) log.warn({ reason, detail }, 'an event was left out');
    await this.#commit.add(events);
    return events.length;
  }
}
