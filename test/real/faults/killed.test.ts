import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FaultyProxy, type Passing } from '../../support/faulty-proxy.ts';
import { uploadInParts } from '../../support/upload-in-parts.ts';
import { contentsOf, jsonLines, openStores, said, type Stores } from '../standalone/support.ts';
import { MIB } from './support.ts';

let stores: Stores;
let proxy: FaultyProxy;
let options: string[];
/** The next request of this kind to the target is the last that a process sends. */
let deadly: (request: Passing) => boolean;
beforeEach(async () => {
  stores = await openStores('faults-killed');
  const [target] = Object.values(stores.scratch.environment.targets);
  deadly = () => false;
  proxy = await FaultyProxy.before(target?.endpoint ?? '', async (passing) => {
    if (deadly(passing)) {
      deadly = () => false;
      process.kill(await holder(), 'SIGKILL');
    }
    return null;
  });
  // The next worker waits for the leases of the dead one and for one request.
  options = [...stores.options, '--target-endpoint', proxy.url, '--timeout', '3'];
});
afterEach(async () => {
  await proxy.stop();
  await stores.close();
});

/** The process that has the ledger: `migrate` itself runs below the entry that picked its Node. */
async function holder(): Promise<number> {
  const text = await readFile(path.join(stores.folder, 'ledger/holder.json'), 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}

const KILLED = { exitCode: 128 + 9 };

/** Equal, proven so, with nothing half left at the target. */
async function expectWhole(): Promise<void> {
  const { source, target, scratch } = stores;
  expect(await contentsOf(target, scratch.targetBucket)).toEqual(
    await contentsOf(source, scratch.sourceBucket),
  );
  expect((await stores.migrate('verify', ...options)).exitCode).toBe(0);
  const uploads = [];
  for await (const upload of target.listUploads(scratch.targetBucket)) uploads.push(upload);
  expect(uploads).toEqual([]);
}

test('sync killed in the middle of an upload in parts goes on, and leaves no upload behind', async () => {
  const { source, scratch } = stores;
  await uploadInParts(source, scratch.sourceBucket, 'big', [5 * MIB, 5 * MIB, 1 * MIB]);
  for (const key of ['a', 'z']) await source.put(scratch.sourceBucket, key, Buffer.from(key));

  deadly = ({ query }) => query.get('partNumber') === '2';
  expect(await stores.migrate('sync', ...options)).toMatchObject(KILLED);
  expect((await stores.migrate('sync', ...options)).exitCode).toBe(0);
  await expectWhole();
});

test('replay killed between its write and its note of it goes on', async () => {
  const { source, scratch } = stores;
  const keys = Array.from({ length: 20 }, (_, index) => `k/${index}`);
  for (const key of keys) await source.put(scratch.sourceBucket, key, Buffer.from(key));
  const record = (key: string) => ({
    eventVersion: '2.2',
    eventSource: 'ceph:s3',
    eventTime: new Date().toISOString(),
    eventName: 's3:ObjectCreated:Put',
    userIdentity: { principalId: 'applications' },
    s3: { bucket: { name: scratch.sourceBucket }, object: { key, size: 1 } },
  });
  const running = stores.migrate('replay', ...options, '--follow', '--listen', 'http://127.0.0.1:0/');
  const [, url = ''] = await said(running.stderr, /"receiver":"([^"]+)"/);
  let writes = 0;
  deadly = ({ method }) => method === 'PUT' && (writes += 1) === 5;
  const body = JSON.stringify({ Records: keys.map(record) });
  expect((await request(url, { method: 'POST', body })).statusCode).toBe(200);
  expect(await running).toMatchObject(KILLED);

  const heir = await stores.migrate('replay', ...options, '--json');
  expect([heir.exitCode, jsonLines(heir.stdout)]).toMatchObject([0, [{ failedKeys: 0 }]]);
  await expectWhole();
});
