import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { contentsOf, jsonLines, openStores, said, type Stores } from './support.ts';

let stores: Stores;
beforeEach(async () => {
  stores = await openStores('standalone-sync');
});
afterEach(() => stores.close());

const both = async () => [
  await contentsOf(stores.source, stores.scratch.sourceBucket),
  await contentsOf(stores.target, stores.scratch.targetBucket),
];
const put = (key: string, body = `body of ${key}`) =>
  stores.source.put(stores.scratch.sourceBucket, key, Buffer.from(body), { metadata: { of: 'a test' } });

test('a first sync says by --dry-run what it would do and writes nothing; then copies; the next has nothing to do', async () => {
  for (const key of AWKWARD_KEYS) await put(key);
  await stores.target.put(stores.scratch.targetBucket, 'only there', Buffer.from('x'));
  const before = await both();

  const planned = await stores.migrate('sync', ...stores.options, '--dry-run', '--json');
  expect([planned.exitCode, planned.stderr]).toEqual([0, '']);
  const lines = jsonLines(planned.stdout);
  const summary = lines.pop();
  const bytes = AWKWARD_KEYS.reduce((sum, key) => sum + Buffer.byteLength(`body of ${key}`), 0);
  expect(summary).toMatchObject({
    type: 'summary',
    dryRun: true,
    moves: [{ copies: AWKWARD_KEYS.length, copyBytes: bytes, deletes: 1, equal: 0 }],
  });
  const copies = lines.filter(({ action }) => action === 'copy').map(({ key }) => key);
  expect(copies.sort()).toEqual([...AWKWARD_KEYS].sort());
  expect(lines.filter(({ action }) => action === 'delete')).toMatchObject([{ key: 'only there', bytes: 1 }]);
  expect(await both()).toEqual(before);
  // The ledger is not needed for that either.
  await expect(access(path.join(stores.folder, 'ledger'))).rejects.toThrow('ENOENT');

  const first = await stores.migrate('sync', ...stores.options, '--json');
  expect([first.exitCode, first.stderr]).toEqual([0, '']);
  const [copied] = jsonLines(first.stdout).slice(-1);
  expect(copied).toMatchObject({
    type: 'summary',
    exitCode: 0,
    failed: [],
    moves: [{ state: 'done', objects: AWKWARD_KEYS.length, copied: AWKWARD_KEYS.length, deleted: 1 }],
  });
  const [source, target] = await both();
  expect(target).toEqual(source);

  const again = await stores.migrate('sync', ...stores.options, '--json');
  const [nothing] = jsonLines(again.stdout).slice(-1);
  expect(nothing).toMatchObject({
    exitCode: 0,
    moves: [{ objects: AWKWARD_KEYS.length, copied: 0, copiedBytes: 0, deleted: 0 }],
  });
});

test('only what lies in a folder moves, into another folder, and nothing beside either is touched', async () => {
  const { sourceBucket, targetBucket } = stores.scratch;
  for (const key of ['img/a', 'img/b/c', 'img10/x', 'top']) await put(key);
  await put('img/', 'the folder itself');
  const beside = ['archive/2024x', 'archive', 'z'];
  for (const key of beside) await stores.target.put(targetBucket, key, Buffer.from('theirs'));
  await stores.target.put(targetBucket, 'archive/2024/old', Buffer.from('gone from the source'));
  const options = stores.options.map((word) =>
    word === `s3://${sourceBucket}`
      ? `${word}/img`
      : word === `s3://${targetBucket}`
        ? `${word}/archive/2024/`
        : word,
  );

  const preflight = await stores.migrate('preflight', ...options);
  expect(preflight.exitCode).toBe(0);
  expect(preflight.stdout).toContain('the object "img/", which is the folder itself, is not copied');
  expect(preflight.stdout).toContain('it is not empty, for example "old": sync deletes there');

  const synced = await stores.migrate('sync', ...options);
  expect([synced.exitCode, jsonLines(synced.stdout).at(-1)]).toMatchObject([
    0,
    { moves: [{ copied: 2, deleted: 1 }] },
  ]);
  expect(Object.keys(await contentsOf(stores.target, targetBucket)).sort()).toEqual(
    [...beside, 'archive/2024/a', 'archive/2024/b/c'].sort(),
  );
  const verified = await stores.migrate('verify', ...options);
  expect([verified.exitCode, verified.stderr]).toMatchObject([0, expect.stringContaining('2 keys compared')]);
});

test('a run that was killed goes on where it was; while it lives, nobody else has its ledger', async () => {
  const keys = Array.from({ length: 300 }, (_, index) => `k/${index}`);
  await Promise.all(keys.map((key) => put(key, 'x'.repeat(1000))));
  const running = stores.migrate('sync', ...stores.options, '--concurrency', '1');
  await said(running.stdout, /"state":"copying"/);
  const pid = await holder();
  process.kill(pid, 'SIGSTOP'); // so that it is surely not done yet
  const held = await stores.migrate('status', ...stores.options);
  expect(held.exitCode).toBe(3);
  expect(held.stderr).toMatch(
    /^The ledger in .*ledger is in use by process \d+ \("migrate sync .*one process at a time/,
  );
  process.kill(pid, 'SIGKILL');
  expect((await running).exitCode).toBe(128 + 9);

  const status = await stores.migrate('status', ...stores.options, '--json');
  expect([status.exitCode, JSON.parse(status.stdout)]).toMatchObject([0, { moves: [{ state: 'copying' }] }]);
  const resumed = await stores.migrate('sync', ...stores.options);
  expect([resumed.exitCode, resumed.stderr]).toMatchObject([
    0,
    expect.stringContaining('no shard is left open'),
  ]);
  const [source, target] = await both();
  expect(target).toEqual(source);
});

/** The process that has the ledger: `migrate` itself runs below the entry that picked its Node. */
async function holder(): Promise<number> {
  const text = await readFile(path.join(stores.folder, 'ledger/holder.json'), 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}
