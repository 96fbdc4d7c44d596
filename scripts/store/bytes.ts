import { createHash } from 'node:crypto';
import { again, mayPass } from './again.ts';
import type { StoreClient } from './client.ts';
import { connectionTrouble } from './trouble.ts';

export type ObjectName = {
  client: StoreClient;
  bucket: string;
  key: string;
  etag?: string;
  /** Default: the latest. */
  versionId?: string | undefined;
};

/**
 * SHA-256 of an object's bytes, read as a stream; null where it is not there. 412 when not `etag`'s. Reading that
 * breaks off is begun again.
 */
export function digestOf(object: ObjectName): Promise<string | null> {
  return again(() => digestOnce(object), mayPass);
}

async function digestOnce({ client, bucket, key, etag, versionId }: ObjectName): Promise<string | null> {
  const found = await client.get(bucket, key, {
    ...(etag !== undefined && { ifMatch: etag }),
    ...(versionId !== undefined && { versionId }),
  });
  if (found === null) {
    return null;
  }
  const hash = createHash('sha256');
  try {
    for await (const chunk of found.body) {
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw connectionTrouble(error, `GET /${bucket}/${key}`);
  } finally {
    found.body.destroy();
  }
  return hash.digest('hex');
}

/**
 * Whether two objects are the same bytes, by reading all of both. False when either is not there. For
 * objects whose ETag is no digest, or cannot be reproduced.
 */
export async function sameBytes(one: ObjectName, other: ObjectName): Promise<boolean> {
  const [left, right] = await Promise.all([digestOf(one), digestOf(other)]);
  return left !== null && left === right;
}
