import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLedger } from '../../../scripts/ledger/connect.ts';
import { closeEmbeddedLedgers } from '../../../scripts/ledger/embedded.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { contentsOf, openStores, type Stores } from '../standalone/support.ts';

let stores: Stores;
/** A disk of its own, in memory, that the ledger is on. */
let disk: string;
beforeAll(async () => {
  stores = await openStores('faults-disk');
  disk = path.join(stores.folder, 'disk');
  await mkdir(disk);
  await execa('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'tmpfs', disk]);
});
afterAll(async () => {
  // An embedded PostgreSQL that stopped for want of room leaves its files open for as long as this process lives.
  await execa('umount', ['--lazy', disk]);
  await stores.close();
});

test('a ledger whose disk is full stops, says so, and goes on when there is room', async () => {
  const folder = path.join(disk, 'ledger');
  const options = stores.options.map((word, index) =>
    stores.options[index - 1] === '--ledger' ? folder : word,
  );
  const { source, target, scratch } = stores;
  await source.put(scratch.sourceBucket, 'before', Buffer.from('x'));
  expect((await stores.migrate('sync', ...options)).exitCode).toBe(0);

  const ledger = openLedger({ kind: 'embedded', folder });
  await migrateLedger(ledger);
  // Into PostgreSQL's log alone, without which it can do nothing more.
  const fill = async () => {
    for (;;) await ledger.query(`SELECT pg_logical_emit_message(true, 'a test', repeat('x', 1000000))`);
  };
  await expect(fill()).rejects.toMatchObject({ code: '53100' });
  await expect(ledger.query('SELECT 1')).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringMatching(
      / stopped: .*No space left on device\. It lost nothing: make room there/,
    ) as string,
  });
  await ledger.end();
  await closeEmbeddedLedgers();

  await source.put(scratch.sourceBucket, 'after', Buffer.from('y'));
  const full = await stores.migrate('sync', ...options);
  expect([full.exitCode, full.stderr]).toEqual([
    3,
    expect.stringMatching(
      /has \d+ MiB of room left, and 32 MiB are needed\. Make room there, or give another/,
    ),
  ]);
  await execa('mount', ['-o', 'remount,size=300m', disk]);
  expect((await stores.migrate('sync', ...options)).exitCode).toBe(0);
  expect(await contentsOf(target, scratch.targetBucket)).toEqual(
    await contentsOf(source, scratch.sourceBucket),
  );
  expect((await stores.migrate('verify', ...options)).exitCode).toBe(0);
});
