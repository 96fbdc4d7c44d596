import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EPOCH_KEY, QUARANTINE_BUCKET, targetEpochKey } from '../../../scripts/contract/names.ts';
import { jsonLines, openStores, type Stores } from './support.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores('standalone-refused');
});
afterAll(() => stores.close());

/** The options with one of them given another value. */
const withOption = (name: string, value: string) =>
  stores.options.map((word, index) => (stores.options[index - 1] === name ? value : word));

const NOBODY = 'http://127.0.0.1:9';

test('wrong use is exit code 2: what was given, what would be right, what to do', async () => {
  const cases: [string[], string][] = [
    [['--dryrun'], "unknown option '--dryrun'\n(Did you mean --dry-run?)"],
    [['--concurrency', 'many'], "argument 'many' is invalid. It must be a whole number from 1 to 1024"],
    [['--environment', 'x.json'], "--environment names a stack's stores and ledger"],
  ];
  for (const [words, message] of cases) {
    const { exitCode, stderr } = await stores.migrate('sync', ...stores.options, ...words);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
  const nothing = await stores.migrate('sync');
  expect([nothing.exitCode, nothing.stderr]).toEqual([
    2,
    expect.stringContaining('--source s3://… --target s3://…'),
  ]);
  const bucket = await stores.migrate('sync', ...withOption('--target', 's3://not-there-at-all'));
  expect([bucket.exitCode, bucket.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^There is no bucket not-there-at-all at http.*Create it, or correct --target s3:\/\/not-there-at-all$/,
    ),
  ]);
  const profile = await stores.migrate('sync', ...withOption('--source-profile', 'older'));
  expect([profile.exitCode, profile.stderr]).toEqual([
    2,
    expect.stringContaining('no such profile, but new, old'),
  ]);
});

test('what does not answer, or refuses, is exit code 3, for people and for machines', async () => {
  const away = await stores.migrate('sync', ...withOption('--source-endpoint', NOBODY), '--json');
  expect(away.exitCode).toBe(3);
  expect(away.stderr).toMatch(
    /^The source http:\/\/127.0.0.1:9\/? does not answer: .*Is --source-endpoint right/,
  );
  expect(jsonLines(away.stdout)).toEqual([{ type: 'error', exitCode: 3, message: away.stderr }]);
  const dry = await stores.migrate('sync', ...withOption('--source-endpoint', NOBODY), '--dry-run');
  expect(dry.exitCode).toBe(3);
  const verify = await stores.migrate('verify', ...withOption('--source-endpoint', NOBODY));
  expect(verify.exitCode).toBe(3);
  const key = await stores.migrate(
    'sync',
    ...withOption('--target-profile', 'old'),
    '--target-endpoint',
    NOBODY,
  );
  expect(key.exitCode).toBe(3);
  const ledger = await stores.migrate(
    'sync',
    ...withOption('--ledger', 'postgres://nobody@127.0.0.1:9/none'),
  );
  expect([ledger.exitCode, ledger.stderr]).toEqual([
    3,
    expect.stringContaining('The ledger does not answer: PostgreSQL at 127.0.0.1:9, database "none"'),
  ]);
});

test('a key that a store does not know is refused by its profile', async () => {
  const file = path.join(stores.folder, 'other-credentials');
  await writeFile(
    file,
    '[old]\naws_access_key_id = NOBODYATALL0000\naws_secret_access_key = none\n\n[new]\n',
  );
  const words = ['sync', ...withOption('--source-profile', 'old')];
  stores.env['AWS_SHARED_CREDENTIALS_FILE'] = file;
  const { exitCode, stderr } = await stores.migrate(...words);
  expect([exitCode, stderr]).toEqual([
    3,
    expect.stringMatching(
      /does not accept the key of the profile old \(InvalidAccessKeyId\)\. Give another one: --source-profile NAME/,
    ),
  ]);
  stores.env['AWS_SHARED_CREDENTIALS_FILE'] = path.join(stores.folder, 'credentials');
});

test('a folder with something else in it is no ledger', async () => {
  const folder = path.join(stores.folder, 'photos');
  await mkdir(folder);
  await writeFile(path.join(folder, 'a.jpg'), 'x');
  const { exitCode, stderr } = await stores.migrate('sync', ...withOption('--ledger', folder));
  expect([exitCode, stderr]).toEqual([
    2,
    `--ledger ${folder} is a folder with something else in it (a.jpg); give an empty one, or one that is not there yet`,
  ]);
});

test('buckets of a stack whose applications have turned are left alone', async () => {
  const { sourceBucket } = stores.scratch;
  await stores.source.put(sourceBucket, EPOCH_KEY, Buffer.from('2\n'));
  for (const command of ['sync', 'replay']) {
    const { exitCode, stderr } = await stores.migrate(command, ...stores.options);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('These buckets belong to a move whose applications have turned (epoch 2)'),
    ]);
  }
  await stores.source.delete(sourceBucket, EPOCH_KEY);
});

test('other buckets of the same stores are nobody else’s', async () => {
  const { scratch, target, migrate, options } = stores;
  const [own, other] = [scratch.targetBucket, 'moved'].map((bucket) => targetEpochKey(bucket));
  await target.put(QUARANTINE_BUCKET, other ?? '', Buffer.from('2\n'));
  expect(await migrate('sync', ...options)).toMatchObject({ exitCode: 0 });
  await target.put(QUARANTINE_BUCKET, own ?? '', Buffer.from('2\n'));
  expect(await migrate('sync', ...options)).toMatchObject({ exitCode: 1 });
  for (const key of [own, other]) await target.delete(QUARANTINE_BUCKET, key ?? '');
});
