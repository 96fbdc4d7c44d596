import type { StoreClient } from './client.ts';
import { StoreError } from './errors.ts';
import { parseXml, textOf } from './xml.ts';

/** `Enabled`, `Suspended`, or undefined of a bucket that never was versioned. */
export async function versioningOf(client: StoreClient, bucket: string): Promise<string | undefined> {
  const { text } = await client.send({ method: 'GET', bucket, query: { versioning: '' } });
  return textOf(parseXml(text, 'VersioningConfiguration'), 'Status');
}

/** Whether a bucket is known to have one version of each key, which a listing then tells all of. */
export async function wasNeverVersioned(client: StoreClient, bucket: string): Promise<boolean> {
  try {
    return (await versioningOf(client, bucket)) === undefined;
  } catch (error) {
    // This user may not ask, or the store does not know of versions.
    if (error instanceof StoreError && !error.retryable) return false;
    throw error;
  }
}
