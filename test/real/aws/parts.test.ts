import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { copyObject } from '../../../scripts/store/copying.ts';
import { askPartSizes } from '../../../scripts/store/parts.ts';
import { startMoto, type Moto } from '../../support/moto.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const MIB = 1024 * 1024;
const FROM = 'parts-source';
/** Uneven, so that no rule could tell them from size and count; more than one round of questions. */
const UNEVEN = [5 * MIB, 7 * MIB + 13, 5 * MIB + 1, ...Array.from({ length: 7 }, () => 5 * MIB), 1];

let moto: Moto;
let scratch: Scratch;
let client: StoreClient;
let target: StoreClient;

beforeAll(async () => {
  moto = await startMoto();
  scratch = await (await realServices()).scratch('aws-parts');
  [client, target] = await Promise.all([moto.client(), scratch.target('migration-sync')]);
  await client.createBucket(FROM);
});
afterAll(async () => {
  await scratch.close();
  await moto.stop();
});

async function upload(key: string, sizes: readonly number[]): Promise<{ etag: string; size: number }> {
  const uploadId = await client.createUpload(FROM, key, { headers: { contentType: 'image/png' } });
  const parts = [];
  for (const [index, size] of sizes.entries()) {
    const part = { uploadId, partNumber: index + 1, body: randomBytes(size), contentLength: size };
    parts.push({ partNumber: index + 1, etag: await client.uploadPart(FROM, key, part) });
  }
  const { etag } = await client.completeUpload(FROM, key, { uploadId, parts });
  return { etag, size: sizes.reduce((sum, size) => sum + size, 0) };
}

test("Amazon S3 tells an object's parts, uneven ones too", async () => {
  const object = await upload('uneven', UNEVEN);
  expect(object.etag).toMatch(/-11$/);
  await expect(askPartSizes(client, FROM, 'uneven', object)).resolves.toEqual(UNEVEN);
});

test('a copy on Ceph has the same parts, and so the same ETag', async () => {
  const { etag, size } = await upload('copied', UNEVEN);
  const { targetBucket } = scratch;
  const key = 'copied';
  const result = await copyObject({
    source: client,
    sourceBucket: FROM,
    target,
    targetBucket,
    key,
    ownsTarget: true,
  });
  expect(result).toMatchObject({ outcome: 'copied', bytes: size, etag, etagReproduced: true });
  expect(await target.head(targetBucket, key)).toMatchObject({ etag, size });
});

test('of an object that is another one by now, no part is believed', async () => {
  const old = await upload('changed', [5 * MIB, 1]);
  await upload('changed', [5 * MIB, 2]);
  await expect(askPartSizes(client, FROM, 'changed', old)).rejects.toMatchObject({ status: 412 });
});

test('an object that was not uploaded in parts has none to tell', async () => {
  const { etag } = await client.put(FROM, 'plain', Buffer.from('x'), { contentLength: 1 });
  await expect(askPartSizes(client, FROM, 'plain', { etag, size: 1 })).resolves.toBeUndefined();
});
