import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketControl } from '../../../scripts/store/control.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { withGatewaySetting } from '../../support/gateway-setting.ts';
import { contentsOf, jsonLines, openStores, type Stores } from '../standalone/support.ts';

let stores: Stores;
let proxy: FaultyProxy;
let options: string[];

beforeAll(async () => {
  stores = await openStores('exact-unreadable');
  const { source, scratch } = stores;
  // RGW has no Glacier: what Amazon S3 answers for what lies there comes from in front of it.
  proxy = await FaultyProxy.before(source.endpoint.endpoint, ({ method, path, query }) =>
    method === 'GET' && path.endsWith('/archived') && query.size === 0
      ? { kind: 'refused', status: 403, code: 'InvalidObjectState' }
      : null,
  );
  options = stores.options.map((word) => (word === source.endpoint.endpoint ? proxy.url : word));
  for (const key of ['a', 'archived', 'closed', 'm', 'z']) {
    await source.put(scratch.sourceBucket, key, Buffer.from(`body of ${key}`));
  }
  await encrypt('secret');
  await close('closed');
});
afterAll(async () => {
  await proxy.stop();
  await stores.close();
});

/** An object whose key only its owner has. RGW takes it over TLS alone, unless it is set otherwise. */
async function encrypt(key: string): Promise<void> {
  const secret = randomBytes(32);
  const CUSTOMER = 'x-amz-server-side-encryption-customer';
  await withGatewaySetting('source', 'rgw_crypt_require_ssl', 'false', () =>
    stores.source.send({
      method: 'PUT',
      bucket: stores.scratch.sourceBucket,
      key,
      headers: {
        [`${CUSTOMER}-algorithm`]: 'AES256',
        [`${CUSTOMER}-key`]: secret.toString('base64'),
        [`${CUSTOMER}-key-md5`]: createHash('md5').update(secret).digest('base64'),
      },
      body: Buffer.from('hidden'),
    }),
  );
}

/** An object that nobody may read, its owner neither. */
async function close(key: string): Promise<void> {
  const control = await BucketControl.open(stores.source.endpoint, 'applications');
  await control.mergePolicy(stores.scratch.sourceBucket, [
    {
      Sid: 'Closed',
      Effect: 'Deny',
      Principal: '*',
      Action: ['s3:GetObject'],
      Resource: [`arn:aws:s3:::${stores.scratch.sourceBucket}/${key}`],
    },
  ]);
  control.close();
}

const REASONS = {
  archived: /403 InvalidObjectState/,
  closed: /403 AccessDenied/,
  // Over TLS RGW would say more: that a key is wanted.
  secret: /GET \S+ was answered 400 InvalidRequest/,
};

test('what cannot be read is reported with its reason, the rest goes on, and the exit code is 1', async () => {
  const synced = await stores.migrate('sync', ...options, '--json');
  expect(synced.exitCode).toBe(1);
  expect(jsonLines(synced.stdout).at(-1)).toMatchObject({
    type: 'summary',
    exitCode: 1,
    moves: [{ objects: 6, copied: 3, failed: 3 }],
    failed: Object.entries(REASONS).map(([key, reason]) => ({
      key,
      reason: expect.stringMatching(reason) as unknown,
    })),
  });
  // A person reads the same.
  for (const [key, reason] of Object.entries(REASONS)) {
    expect(synced.stderr.split('\n').find((line) => line.includes(`/${key}: `))).toMatch(reason);
  }
  expect(Object.keys(await contentsOf(stores.target, stores.scratch.targetBucket))).toEqual(['a', 'm', 'z']);
});

test('a copy of it at the target is never taken for equal, nor deleted', async () => {
  const { target, scratch } = stores;
  for (const key of Object.keys(REASONS)) {
    await target.put(scratch.targetBucket, key, Buffer.from('older'));
  }
  const synced = await stores.migrate('sync', ...options, '--json');
  expect([synced.exitCode, jsonLines(synced.stdout).at(-1)]).toMatchObject([
    1,
    { moves: [{ copied: 0, deleted: 0, failed: 3 }] },
  ]);
  const verified = await stores.migrate('verify', ...options, '--json');
  expect([verified.exitCode, JSON.parse(verified.stdout)]).toMatchObject([
    1,
    { document: { findings: { listed: Object.keys(REASONS).map((key) => ({ key })) } } },
  ]);
});

test('preflight finds what it looks at: what nobody may read, and what only its owner has the key of', async () => {
  const { exitCode, stdout } = await stores.migrate('preflight', ...options);
  expect(exitCode).toBe(1);
  expect(stdout).toContain(
    '1 of the objects looked at are encrypted with a key that only their owner has (SSE-C)',
  );
  expect(stdout).toContain('1 of the objects looked at may not be read with these keys (403)');
});
