import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Environment, type StoreEndpoint } from '../../../../scripts/contract/environment.ts';
import { readEnvironment } from '../../../../scripts/platform/read-environment.ts';
import { StoreClient } from '../../../../scripts/store/client.ts';

/** Who may do what in the environment as it comes up. Leaves nothing behind. */

const PREFIX = `access-test/${process.pid}/`;
const BYTES = Buffer.from('bytes');
const clients: StoreClient[] = [];
let environment: Environment;
let bucket: { source: string; target: string };

beforeAll(async () => {
  environment = await readEnvironment(process.env['STORAGE_ENVIRONMENT'] ?? '');
  const move = environment.moves.find((each) => each.targetCluster === 'images');
  bucket = { source: move?.sourceBucket ?? '', target: move?.targetBucket ?? '' };
});
afterAll(async () => {
  for (const [store, name] of [
    [environment.source, bucket.source],
    [target('images'), bucket.target],
  ] as const) {
    const owner = await as(store, 'applications');
    for await (const { key } of owner.list(name, { prefix: PREFIX })) await owner.delete(name, key);
  }
  const straggler = await as(target('images'), 'migration-straggler');
  await straggler.delete('migration-quarantine', `${PREFIX}a`);
  for (const client of clients) await client.close();
});

function target(name: string): StoreEndpoint {
  const endpoint = environment.targets[name];
  if (endpoint === undefined) throw new Error(`no target ${name}`);
  return endpoint;
}

async function as(store: StoreEndpoint, user: string | null): Promise<StoreClient> {
  const client = await StoreClient.open(store, user, { requestSeconds: 10 });
  clients.push(client);
  return client;
}

const refused = { status: 403 };

describe('the source', () => {
  it('is the applications’, and the migration reads it and writes its canary', async () => {
    const key = `${PREFIX}a`;
    await (await as(environment.source, 'applications')).put(bucket.source, key, BYTES);
    const migration = await as(environment.source, 'migration');
    expect((await migration.head(bucket.source, key))?.size).toBe(BYTES.length);
    await migration.put(bucket.source, `${PREFIX}canary`, BYTES, { acl: 'bucket-owner-full-control' });
  });

  it('may be read by anyone where it is images: a missing key is known to be missing', async () => {
    const anyone = await as(environment.source, null);
    expect((await anyone.head(bucket.source, `${PREFIX}a`))?.size).toBe(BYTES.length);
    expect(await anyone.head(bucket.source, `${PREFIX}no`)).toBeNull();
    await expect(anyone.put(bucket.source, `${PREFIX}x`, BYTES)).rejects.toMatchObject(refused);
    const metadata = environment.moves.find((each) => each.targetCluster === 'metadata')?.sourceBucket ?? '';
    await expect(anyone.get(metadata, 'a')).rejects.toMatchObject(refused);
  });
});

describe('a target', () => {
  it.each(['migration-sync', 'migration-replay'])(
    'is written by %s, which must not touch the quarantine',
    async (user) => {
      const writer = await as(target('images'), user);
      const key = `${PREFIX}${user}`;
      await writer.put(bucket.target, key, BYTES, { acl: 'bucket-owner-full-control', tags: { a: 'b' } });
      expect(await writer.tags(bucket.target, key)).toEqual({ a: 'b' });
      await writer.delete(bucket.target, key);
      expect(await writer.bucketExists('migration-quarantine')).toBe(true);
      await expect(writer.put('migration-quarantine', `${PREFIX}a`, BYTES)).rejects.toMatchObject(refused);
    },
  );

  it('loses no object to the straggler’s user', async () => {
    const straggler = await as(target('images'), 'migration-straggler');
    await straggler.put(bucket.target, `${PREFIX}s`, BYTES, { acl: 'bucket-owner-full-control' });
    await expect(straggler.delete(bucket.target, `${PREFIX}s`)).rejects.toMatchObject(refused);
    await straggler.put('migration-quarantine', `${PREFIX}a`, BYTES);
  });

  it('is only read by who verifies', async () => {
    const verifier = await as(target('images'), 'migration-verify');
    expect((await verifier.head(bucket.target, `${PREFIX}s`))?.size).toBe(BYTES.length);
    expect((await verifier.head('migration-quarantine', `${PREFIX}a`))?.size).toBe(BYTES.length);
    await expect(verifier.put(bucket.target, `${PREFIX}v`, BYTES)).rejects.toMatchObject(refused);
    await expect(verifier.delete(bucket.target, `${PREFIX}s`)).rejects.toMatchObject(refused);
  });

  it('has a cold storage class, erasure-coded', async () => {
    const application = await as(target('images'), 'applications');
    const bytes = Buffer.alloc(300_000, 'cold');
    const key = `${PREFIX}cold`;
    await application.put(bucket.target, key, bytes, { storageClass: 'STANDARD_IA' });
    expect((await application.head(bucket.target, key))?.storageClass).toBe('STANDARD_IA');
    const read = await application.get(bucket.target, key);
    const chunks: Buffer[] = [];
    for await (const chunk of read?.body ?? []) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });
});
