import type { Database } from './database.ts';

/** What came to capture and is in no log: it was not for us, or nobody can read it. */
export type UnreadEvent = { reason: string; bucket: string; detail: string; sample: string };
export type UnreadCount = { reason: string; bucket: string; events: number; lastAt: Date; detail: string };

/** Counts events by reason and bucket, and keeps the last of each to be looked at. */
export async function countUnread(db: Database, events: readonly UnreadEvent[]): Promise<void> {
  const groups = Map.groupBy(events, ({ reason, bucket }) => `${reason} ${bucket}`);
  // In one order everywhere: two receivers that count the same would wait for each other.
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const last = group.at(-1);
    if (last === undefined) continue;
    await db.query(
      `INSERT INTO unread_event AS u (reason, bucket, events, detail, sample) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (reason, bucket) DO UPDATE SET events = u.events + excluded.events,
         detail = excluded.detail, sample = excluded.sample, last_at = clock_timestamp()`,
      [last.reason, last.bucket, group.length, last.detail, last.sample],
    );
  }
}

/** All that were counted, the most frequent first. */
export async function unreadCounts(db: Database): Promise<UnreadCount[]> {
  const { rows } = await db.query<UnreadCount>(
    `SELECT reason, bucket, events::float8 AS events, last_at AS "lastAt", detail FROM unread_event
     ORDER BY unread_event.events DESC, reason, bucket`,
  );
  return rows;
}
