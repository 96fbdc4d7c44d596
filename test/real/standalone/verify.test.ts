import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonLines, openStores, type Stores } from './support.ts';

let stores: Stores;
beforeAll(async () => {
  stores = await openStores('standalone-verify');
  for (const key of ['a', 'b c', 'd/é']) {
    await stores.source.put(stores.scratch.sourceBucket, key, Buffer.from(key), { metadata: { of: 'x' } });
  }
  expect((await stores.migrate('sync', ...stores.options)).exitCode).toBe(0);
});
afterAll(() => stores.close());

/** Changes only the metadata: no listing shows it. */
const tamper = (value: string) =>
  stores.target.put(stores.scratch.targetBucket, 'b c', Buffer.from('b c'), { metadata: { of: value } });

test('equal stores are certified; the certificate is checked again later, without ledger and option', async () => {
  const out = path.join(stores.folder, 'certificate.json');
  const taken = await stores.migrate('verify', ...stores.options, '--out', out);
  expect([taken.exitCode, taken.stdout.split('\n')[0]]).toEqual([
    0,
    expect.stringMatching(/^base certificate 1 of .*: clean$/),
  ]);

  // Who has it names whose keys to use; where the stores are is in it.
  const keys = ['--source-profile', 'old', '--target-profile', 'new'];
  const clean = await stores.migrate('verify', '--certificate', out, ...keys, '--json');
  expect([clean.exitCode, clean.stderr, ...jsonLines(clean.stdout)]).toMatchObject([
    0,
    '',
    {
      exitCode: 0,
      findings: 0,
      sides: [
        { side: 'source', matches: true, objects: 3 },
        { side: 'target', matches: true },
      ],
    },
  ]);

  await tamper('y');
  const changed = await stores.migrate('verify', '--certificate', out, ...keys);
  expect(changed.exitCode).toBe(1);
  expect(changed.stdout).toMatch(new RegExp(`source +now .*: ${stores.scratch.sourceBucket} is as it was`));
  expect(changed.stdout).toMatch(new RegExp(`target +now .*: ${stores.scratch.targetBucket} DIFFERS`));
  const source = ['--source', `s3://${stores.scratch.sourceBucket}`, '--source-profile', 'old'];
  expect((await stores.migrate('verify', '--certificate', out, ...source)).exitCode).toBe(0);

  const forged = path.join(stores.folder, 'forged.json');
  await writeFile(forged, (await readFile(out, 'utf8')).replace('"objects": 3', '"objects": 4'));
  const refused = await stores.migrate('verify', '--certificate', forged, ...keys);
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    `${forged} was changed after it was written: its checksum is another`,
  ]);
  await tamper('x');
});

test('what differs is exit code 1, named in what; waived by name it is none', async () => {
  await tamper('z');
  const found = await stores.migrate('verify', ...stores.options, '--json');
  expect([found.exitCode, found.stderr]).toEqual([1, '']);
  expect(JSON.parse(found.stdout)).toMatchObject({
    findings: 1,
    document: { findings: { listed: [{ key: 'b c', differs: ['metadata'] }] } },
  });
  const waived = await stores.migrate(
    'verify',
    'waive',
    ...stores.options,
    '--key',
    'b c',
    '--reason',
    'a test',
    '--by',
    'me',
  );
  expect(waived.exitCode).toBe(0);
  expect((await stores.migrate('verify', ...stores.options)).exitCode).toBe(0);
});
