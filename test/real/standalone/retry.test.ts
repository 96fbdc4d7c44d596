import { request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFailures, recordFailure } from '../../../scripts/ledger/failures.ts';
import { contentsOf, jsonLines, openStores, said, type Stores } from './support.ts';

let stores: Stores;
let allowed: object[];
beforeAll(async () => {
  stores = await openStores('standalone-retry');
  const { source, scratch } = stores;
  const standing = await source.send({ method: 'GET', bucket: scratch.sourceBucket, query: { policy: '' } });
  allowed = (JSON.parse(standing.text) as { Statement: object[] }).Statement;
  for (const key of ['a', 'b c', 'd']) await source.put(scratch.sourceBucket, key, Buffer.from(key));
});
afterAll(() => stores.close());

/** Nobody, but for the bucket's owner as such, may read these any more; with none all may. */
async function deny(...keys: string[]): Promise<void> {
  const { source, scratch } = stores;
  const Resource = keys.map((key) => `arn:aws:s3:::${scratch.sourceBucket}/${key}`);
  const denial = { Sid: 'Deny', Effect: 'Deny', Principal: '*', Action: ['s3:GetObject'], Resource };
  const policy = { Version: '2012-10-17', Statement: keys.length === 0 ? allowed : [...allowed, denial] };
  const body = Buffer.from(JSON.stringify(policy));
  await source.send({ method: 'PUT', bucket: scratch.sourceBucket, query: { policy: '' }, body });
}

async function migrate(...words: string[]) {
  const [command = '', ...rest] = words;
  const { exitCode, stdout, stderr } = await stores.migrate(command, ...stores.options, ...rest);
  const last = stdout === '' ? {} : (jsonLines(stdout).at(-1) ?? {});
  return { exitCode, last, stderr };
}
const failedKeys = async (...words: string[]) => {
  const { exitCode, last } = await migrate('failed', '--json', ...words);
  const failed = last['failed'] as { key: string; stage: string; attempts: number; reason: string }[];
  return { exitCode, failed };
};

test('what failed is listed, put back once the reason is mended, and then copied without a look at the rest', async () => {
  await deny('b c', 'd');
  const first = await migrate('sync', '--json');
  expect([first.exitCode, first.last]).toMatchObject([1, { moves: [{ copied: 1, failed: 2 }] }]);
  const listed = await failedKeys();
  expect(listed.exitCode).toBe(1);
  expect(listed.failed).toMatchObject([
    { key: 'b c', stage: 'sync', attempts: 5, reason: expect.stringContaining('AccessDenied') as string },
    { key: 'd', stage: 'sync', attempts: 5 },
  ]);

  await deny('d');
  const dry = await migrate('retry', '--all', '--dry-run', '--json');
  expect([dry.exitCode, dry.last]).toMatchObject([
    0,
    { dryRun: true, retried: [{ key: 'b c' }, { key: 'd' }] },
  ]);
  expect(await failedKeys()).toEqual(listed);
  const back = await migrate('retry', '--key', 'b c', '--json');
  expect([back.exitCode, back.last]).toMatchObject([0, { retried: [{ key: 'b c' }], reopenedShards: 1 }]);

  // Nothing is listed again: this one is for the next run.
  await stores.source.put(stores.scratch.sourceBucket, '0', Buffer.from('later'));
  const second = await migrate('sync', '--json');
  expect([second.exitCode, second.last]).toMatchObject([1, { moves: [{ state: 'done', failed: 1 }] }]);
  expect(await failedKeys()).toMatchObject({ failed: [{ key: 'd', attempts: 5 }] });
  const { source, target, scratch } = stores;
  expect(Object.keys(await contentsOf(target, scratch.targetBucket))).toEqual(['a', 'b c']);

  await deny();
  await migrate('retry', '--bucket', scratch.targetBucket, '--json');
  const third = await migrate('sync', '--json');
  expect([third.exitCode, third.last]).toMatchObject([0, { moves: [{ failed: 0 }] }]);
  expect((await migrate('sync', '--json')).exitCode).toBe(0);
  expect(await contentsOf(target, scratch.targetBucket)).toEqual(
    await contentsOf(source, scratch.sourceBucket),
  );
  expect(await failedKeys()).toEqual({ exitCode: 0, failed: [] });
  expect((await stores.migrate('verify', ...stores.options)).exitCode).toBe(0);
});

test('a key that replay has given up is taken again at once', async () => {
  const { scratch, source } = stores;
  await source.put(scratch.sourceBucket, 'e', Buffer.from('e'));
  await deny('e');
  const record = {
    eventVersion: '2.2',
    eventSource: 'ceph:s3',
    eventTime: new Date().toISOString(),
    eventName: 's3:ObjectCreated:Put',
    userIdentity: { principalId: 'applications' },
    s3: { bucket: { name: scratch.sourceBucket }, object: { key: 'e', size: 1 } },
  };
  const listening = stores.migrate(
    'replay',
    ...stores.options,
    '--follow',
    '--listen',
    'http://127.0.0.1:0/',
  );
  const [, url = ''] = await said(listening.stderr, /"receiver":"([^"]+)"/);
  const body = JSON.stringify({ Records: [record] });
  expect((await request(url, { method: 'POST', body })).statusCode).toBe(200);
  listening.kill('SIGTERM');
  await listening;
  expect(await migrate('replay', '--json')).toMatchObject({ exitCode: 1, last: { failedKeys: 1 } });
  expect(await failedKeys('--stage', 'replay')).toMatchObject({ failed: [{ key: 'e', attempts: 3 }] });
  await deny();
  expect(await migrate('retry', '--stage', 'replay', '--json')).toMatchObject({
    exitCode: 0,
    last: { retried: [{ key: 'e', stage: 'replay' }] },
  });
  expect(await migrate('replay', '--json')).toMatchObject({ exitCode: 0, last: { outcomes: { copied: 1 } } });
  expect(await failedKeys()).toEqual({ exitCode: 0, failed: [] });
});

test("a stack's failed keys are listed and put back by its environment", async () => {
  const { ledger, environmentFile } = stores.scratch;
  for (let count = 0; count < 4; count += 1) {
    await recordFailure(ledger, { move: 'scratch', key: 'k', stage: 'replay', reason: 'a test' });
  }
  const stack = (...words: string[]) => stores.migrate(...words, '--environment', environmentFile);
  const listed = await stack('failed');
  expect([listed.exitCode, listed.stdout]).toEqual([
    1,
    expect.stringMatching(
      /^scratch {2}replay {5}"k" {2}4 attempts, last at .*: a test\n.*migrate retry --all$/,
    ),
  ]);
  const back = await stack('retry', '--bucket', stores.scratch.sourceBucket);
  expect([back.exitCode, back.stdout]).toEqual([0, expect.stringMatching(/^put back 1 key:\n/)]);
  expect(await listFailures(ledger)).toMatchObject([{ key: 'k', attempts: 0 }]);
});

test('which keys must be said', async () => {
  for (const words of [[], ['--all', '--key', 'a']]) {
    expect((await migrate('retry', ...words)).exitCode).toBe(2);
  }
  const { exitCode, stderr } = await migrate('retry', '--bucket', 'nobodys');
  expect([exitCode, stderr]).toEqual([
    2,
    `--bucket is "nobodys"; there are: ${stores.scratch.sourceBucket}, ${stores.scratch.targetBucket}`,
  ]);
  expect(await migrate('retry', '--key', 'never was', '--json')).toMatchObject({
    exitCode: 0,
    last: { retried: [], left: [] },
  });
});
