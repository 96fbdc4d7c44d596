import type { Environment } from '../../contract/environment.ts';
import { StoreClient } from '../../store/client.ts';
import { MIGRATION } from '../../contract/names.ts';

/** Counting stops here: that a bucket is not empty is known by then. */
const COUNTED = 10_000;

/**
 * Whether nothing is left on the source, by a complete listing of objects, versions, delete markers and
 * multipart uploads of every bucket.
 *
 * @returns what is left, one line a bucket; empty when nothing is
 */
export async function sourceIsEmpty(environment: Environment): Promise<string[]> {
  const client = await StoreClient.open(environment.source, MIGRATION, {
    requestSeconds: environment.bounds.requestSeconds,
    connections: 4,
  });
  try {
    const left: string[] = [];
    for (const { name, sourceBucket } of environment.moves) {
      const counts = {
        objects: await count(client.list(sourceBucket)),
        'versions and delete markers': await count(client.listVersions(sourceBucket)),
        'multipart uploads': await count(client.listUploads(sourceBucket)),
      };
      const named = Object.entries(counts)
        .filter(([, n]) => n > 0)
        .map(([what, n]) => `${n === COUNTED ? `at least ${n}` : n} ${what}`);
      if (named.length > 0) left.push(`${sourceBucket} (${name}) still has ${named.join(', ')}`);
    }
    return left;
  } finally {
    await client.close();
  }
}

async function count(entries: AsyncIterable<unknown>): Promise<number> {
  let n = 0;
  for await (const entry of entries) {
    void entry;
    n += 1;
    if (n === COUNTED) break;
  }
  return n;
}
