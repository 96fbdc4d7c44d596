import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../contract/environment.ts';
import { StoreClient } from '../../store/client.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/** Kinds of requests that, while we do not read there, only somebody sends who still uses S3. */
const READS = ['get_obj', 'list_bucket'];
/** An RGW keeps what it counts for a while (`rgw_usage_log_tick_interval`); our own last reads come first. */
const LOG_DELAY_SECONDS = 2.5;
const LONGEST_WATCH_SECONDS = 60;

/** The part of RGW's answer to `GET /admin/usage` that is read here. */
type UsageLog = {
  entries: { buckets: { bucket: string; categories: { category: string; ops: number }[] }[] }[];
};

/**
 * Counts the reads of the source's buckets for a while. The usage log of an RGW counts by the bucket's
 * *owner* and never says who asked (16.2.15, tried), so this tells something only while we are silent.
 *
 * @returns null where the source is no RGW, or its usage log is off or may not be read
 */
export async function watchReads(
  environment: Environment,
): Promise<{ count: number; seconds: number } | null> {
  if (environment.source.kind !== 'ceph') return null;
  const seconds = Math.min(environment.bounds.quietSeconds, LONGEST_WATCH_SECONDS);
  const buckets = new Set(environment.moves.map((move) => move.sourceBucket));
  let admin: StoreClient | undefined;
  try {
    admin = await StoreClient.open(environment.source, 'admin', {
      requestSeconds: environment.bounds.requestSeconds,
      connections: 1,
    });
    if (countReads(await usageLog(admin), buckets) === null) return null;
    await sleep(LOG_DELAY_SECONDS * 1000);
    const before = countReads(await usageLog(admin), buckets);
    if (before === null) return null;
    await sleep((seconds + LOG_DELAY_SECONDS) * 1000);
    const after = countReads(await usageLog(admin), buckets);
    return { count: (after ?? before) - before, seconds };
  } catch {
    // No such user, or one without the right: the log of operations still tells of every write.
    return null;
  } finally {
    await admin?.close();
  }
}

async function usageLog(admin: StoreClient): Promise<UsageLog> {
  const query = { uid: APPLICATIONS, 'show-entries': 'true', 'show-summary': 'false', format: 'json' };
  const answer = await admin.send({ method: 'GET', key: 'admin/usage', query });
  return JSON.parse(answer.text) as UsageLog;
}

/** How many reads of these buckets the log has; null where it knows nothing of them at all. */
export function countReads(log: UsageLog, buckets: ReadonlySet<string>): number | null {
  const ours = log.entries.flatMap((entry) => entry.buckets).filter(({ bucket }) => buckets.has(bucket));
  if (ours.length === 0) return null;
  return ours
    .flatMap((entry) => entry.categories)
    .filter(({ category }) => READS.includes(category))
    .reduce((sum, { ops }) => sum + ops, 0);
}
