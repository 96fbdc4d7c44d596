import { randomBytes } from 'node:crypto';
import type { StoreClient } from '../../scripts/store/client.ts';
import type { ObjectAttributes } from '../../scripts/store/object.ts';

/** Makes an object in parts of these sizes, of random bytes. @returns its ETag */
export async function uploadInParts(
  client: StoreClient,
  bucket: string,
  key: string,
  sizes: readonly number[],
  { tags, ...attributes }: ObjectAttributes = {},
): Promise<string> {
  const uploadId = await client.createUpload(bucket, key, attributes);
  const parts = [];
  for (const [index, size] of sizes.entries()) {
    const part = { uploadId, partNumber: index + 1, body: randomBytes(size), contentLength: size };
    parts.push({ partNumber: index + 1, etag: await client.uploadPart(bucket, key, part) });
  }
  const { etag } = await client.completeUpload(bucket, key, { uploadId, parts });
  // RGW 16.2.15 loses tags that are given when an upload begins.
  if (tags !== undefined) await client.setTags(bucket, key, tags);
  return etag;
}
