import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.ts';
import { contentsOf, openStores, type Stores } from './support.ts';

let stores: Stores;
const proxies: FaultyProxy[] = [];
beforeAll(async () => {
  stores = await openStores('standalone-no-acls');
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()));
  await stores.close();
});

/** What a store without ACLs answers, as GetObjectAcl, GetBucketAcl and every PUT with an ACL header. */
function withoutAcls({ query, headers }: Passing): Fault | null {
  const asks = query.has('acl') || Object.keys(headers).some((name) => /^x-amz-(acl|grant-)/.test(name));
  return asks ? { kind: 'refused', status: 501, code: 'NotImplemented' } : null;
}

test('stores without ACLs are copied and compared; that they have none is said once', async () => {
  const { environment, sourceBucket, targetBucket } = stores.scratch;
  const [target] = Object.values(environment.targets);
  const ends = [environment.source.endpoint, target?.endpoint ?? ''];
  const options = [...stores.options];
  for (const [index, side] of ['--source-endpoint', '--target-endpoint'].entries()) {
    const proxy = await FaultyProxy.before(ends[index] ?? '', withoutAcls);
    proxies.push(proxy);
    options.push(side, proxy.url);
  }
  for (const key of ['a', 'b', 'c']) await stores.source.put(sourceBucket, key, Buffer.from(key));
  const saidOf = (text: string) => text.split('\n').filter((line) => line.includes('has no ACLs')).length;

  const preflight = await stores.migrate('preflight', ...options);
  expect([preflight.exitCode, saidOf(preflight.stdout)]).toEqual([0, 2]);
  const synced = await stores.migrate('sync', ...options);
  expect([synced.exitCode, saidOf(synced.stderr)]).toEqual([0, 2]);
  expect(await contentsOf(stores.target, targetBucket)).toEqual(
    await contentsOf(stores.source, sourceBucket),
  );
  const verified = await stores.migrate('verify', ...options);
  expect([verified.exitCode, saidOf(verified.stderr)]).toEqual([0, 2]);
});
