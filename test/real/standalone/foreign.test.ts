import { randomBytes } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { startMoto, type Moto } from '../../support/moto.ts';
import { uploadInParts } from '../../support/upload-in-parts.ts';
import { contentsOf, jsonLines, openStores, type Stores } from './support.ts';

const MIB = 1024 * 1024;
const BUCKET = 'foreign-bucket';
/** But for those that the server makes other keys of. */
const KEYS = AWKWARD_KEYS.filter((key) => !/(^|\/)\.\.?(\/|$)|\n/.test(key));

let stores: Stores;
let moto: Moto;
beforeAll(async () => {
  stores = await openStores('standalone-foreign');
  moto = await startMoto();
  const credentials = stores.env['AWS_SHARED_CREDENTIALS_FILE'] ?? '';
  await appendFile(credentials, '[foreign]\naws_access_key_id = moto\naws_secret_access_key = moto\n');
  const config = stores.env['AWS_CONFIG_FILE'] ?? '';
  const text = await readFile(config, 'utf8');
  await writeFile(
    config,
    `${text}[profile foreign]\nregion = us-east-1\nservices = theirs\n\n[services theirs]\ns3 =\n  endpoint_url = ${moto.endpoint}\n`,
  );
  await (await moto.client()).createBucket(BUCKET);
});
afterAll(async () => {
  await moto.stop();
  await stores.close();
});

async function seed(): Promise<void> {
  const { source, scratch } = stores;
  const bucket = scratch.sourceBucket;
  for (const key of KEYS) await source.put(bucket, key, Buffer.from(`body of ${key}`));
  await source.put(bucket, 'described', Buffer.from('x'), {
    headers: { contentType: 'image/png', cacheControl: 'max-age=60', contentDisposition: 'attachment' },
    metadata: { of: 'a test' },
    tags: { team: 'food', 'a b': 'c+d' },
  });
  await source.put(bucket, 'empty', Buffer.alloc(0));
  await source.put(bucket, 'streamed', randomBytes(3 * MIB));
  await uploadInParts(source, bucket, 'in parts', [5 * MIB, 5 * MIB, 1000]);
}

test('a store that is neither Amazon nor Ceph is copied to and from, and both copies are proven equal', async () => {
  await seed();
  const { source, target, scratch, options } = stores;
  const [from, to] = [options.slice(0, 6), options.slice(6, 10)];
  const ledger = ['--ledger', path.join(stores.folder, 'ledger')];
  const there = [...from, '--target', `s3://${BUCKET}`, '--target-profile', 'foreign', ...ledger];
  const back = ['--source', `s3://${BUCKET}`, '--source-profile', 'foreign', ...to, ...ledger];
  for (const words of [there, back]) {
    const preflight = await stores.migrate('preflight', ...words);
    expect([preflight.exitCode, preflight.stderr]).toEqual([0, '']);
    const synced = await stores.migrate('sync', ...words);
    expect([synced.exitCode, jsonLines(synced.stdout).at(-1)]).toMatchObject([0, { failed: [] }]);
    const verified = await stores.migrate('verify', ...words);
    expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringContaining(': clean')]);
    const again = await stores.migrate('sync', ...words);
    expect(jsonLines(again.stdout).at(-1)).toMatchObject({ moves: [{ copied: 0, deleted: 0 }] });
  }
  expect(await contentsOf(target, scratch.targetBucket)).toEqual(
    await contentsOf(source, scratch.sourceBucket),
  );
});
