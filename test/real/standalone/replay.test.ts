import { afterAll, beforeAll, expect, test } from 'vitest';
import { request } from 'undici';
import { contentsOf, openStores, said, type Stores } from './support.ts';
import { eventually } from '../replay/support.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores('standalone-replay');
});
afterAll(() => stores.close());

/** As RGW and Amazon S3 tell it; only the name of the key says what to look at. */
const notification = (eventName: string, key: string) => ({
  Records: [
    {
      eventVersion: '2.2',
      eventSource: 'ceph:s3',
      awsRegion: '',
      eventTime: new Date().toISOString(),
      eventName,
      userIdentity: { principalId: 'applications' },
      s3: {
        bucket: { name: stores.scratch.sourceBucket },
        object: { key, size: 1 },
      },
    },
  ],
});

test('notifications of the source are taken and replayed by one process on a ledger in a folder', async () => {
  const { sourceBucket, targetBucket } = stores.scratch;
  await stores.source.put(sourceBucket, 'in/new', Buffer.from('new'));
  await stores.source.put(sourceBucket, 'out', Buffer.from('beside'));
  const options = stores.options.map((word) => (word === `s3://${sourceBucket}` ? `${word}/in` : word));
  const running = stores.migrate('replay', ...options, '--follow', '--listen', 'http://127.0.0.1:0/events');
  const [, url = ''] = await said(running.stderr, /"receiver":"([^"]+)"/);
  const tell = async (eventName: string, key: string) => {
    const body = JSON.stringify(notification(eventName, key));
    expect((await request(url, { method: 'POST', body })).statusCode).toBe(200);
  };
  await tell('s3:ObjectCreated:Put', 'out');
  await tell('s3:ObjectCreated:Put', 'in/new');
  await eventually(
    'the new object is at the target',
    async () => 'new' in (await contentsOf(stores.target, targetBucket)),
  );
  await stores.source.delete(sourceBucket, 'in/new');
  await tell('s3:ObjectRemoved:Delete', 'in/new');
  await eventually(
    'it is gone there',
    async () => !('new' in (await contentsOf(stores.target, targetBucket))),
  );
  running.kill('SIGTERM');
  const { exitCode, stdout } = await running;
  expect([exitCode, stdout]).toEqual([0, 'replayed: 1 copied, 1 deleted']);
  expect(await contentsOf(stores.target, targetBucket)).toEqual({});
});
