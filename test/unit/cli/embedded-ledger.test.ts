import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimKey, claimRange, releaseClaims } from '../../../scripts/ledger/claims.ts';
import { openLedger, transaction } from '../../../scripts/ledger/connect.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { closeEmbeddedLedgers, openEmbedded } from '../../../scripts/ledger/embedded.ts';
import { takeLock } from '../../../scripts/ledger/locks.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { readMove } from '../../../scripts/ledger/move.ts';
import { appendOperations, commitHorizon, touchedSince } from '../../../scripts/ledger/operations.ts';
import { Listener } from '../../../scripts/move/replay/listener.ts';

/** WebAssembly is compiled first, which takes its time on a busy machine. */
const LIMIT_MS = 120_000;

let parent: string;
let folder: string;
let ledger: Pool;
beforeAll(async () => {
  parent = await mkdtemp(path.join(os.tmpdir(), 'storage-ledger-'));
  folder = path.join(parent, 'ledger');
  ledger = openLedger({ kind: 'embedded', folder });
  await migrateLedger(ledger);
}, LIMIT_MS);
afterAll(async () => {
  await ledger.end();
  await closeEmbeddedLedgers();
  await rm(parent, { recursive: true, force: true });
});

const claimed = { move: 'm', owner: 'a test', epoch: 1n, leaseSeconds: 60, requestSeconds: 1 };

test('the whole schema is there; two claims that overlap exclude each other', async () => {
  expect(await migrateLedger(ledger)).toEqual([]);
  const { claims } = await claimRange(ledger, { ...claimed, after: '', until: 'é' });
  expect(claims).toMatchObject([{ move: 'm', epoch: 1n }]);
  expect(await claimKey(ledger, { ...claimed, key: 'a' })).toBeNull();
  // In the order of bytes, as S3 lists keys.
  const beyond = await claimKey(ledger, { ...claimed, key: '\u{1f600}' });
  expect(beyond).toMatchObject({ move: 'm' });
  await releaseClaims(ledger, [...claims, ...(beyond === null ? [] : [beyond])]);
});

test('transactions of many connections follow one another, and one that fails leaves nothing', async () => {
  await ledger.query('CREATE TABLE counter AS SELECT 0 AS n');
  const add = () =>
    transaction(ledger, async (client) => {
      const { rows } = await client.query<{ n: number }>('SELECT n FROM counter');
      await client.query('UPDATE counter SET n = $1', [(rows[0]?.n ?? 0) + 1]);
    });
  const fail = () => transaction(ledger, (client) => client.query('UPDATE counter SET n = 1 / (n - n)'));
  const results = await Promise.allSettled([...Array.from({ length: 20 }, add), fail(), add()]);
  expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { message: 'division by zero', code: '22012' } },
  ]);
  expect((await ledger.query('SELECT n FROM counter')).rows).toEqual([{ n: 21 }]);
});

test('a connection that breaks off in a transaction takes it back and lets the others go on', async () => {
  const client = await ledger.connect();
  await client.query('BEGIN');
  await client.query('UPDATE counter SET n = 1000');
  client.release(true);
  expect((await ledger.query('SELECT n FROM counter')).rows).toEqual([{ n: 21 }]);
});

test('a connection that listens hears what another one says; the horizon covers what was committed', async () => {
  const wake = new Listener(ledger);
  await wake.listen();
  const horizon = await commitHorizon(ledger);
  const heard = wake.wait(LIMIT_MS);
  await appendOperations(ledger, [
    { move: 'm', key: 'å', kind: 'put', eventName: 'ObjectCreated:Put', eventSource: 'ceph:s3' },
  ]);
  await heard;
  wake.close();
  expect(await touchedSince(ledger, 'm', horizon)).toEqual(['å']);
});

test('one caller at a time has a lock; the next one gets it when it is released', async () => {
  const first = await takeLock(ledger, 'split', { wait: false });
  expect(await takeLock(ledger, 'split', { wait: false })).toBeNull();
  const { promise: holder, resolve: onWait } = Promise.withResolvers<string>();
  const next = takeLock(ledger, 'split', { wait: true, onWait });
  expect(await holder).toBe('this process');
  first?.release();
  const second = await next;
  // Releasing twice must not free what another caller holds by now.
  first?.release();
  expect(await takeLock(ledger, 'split', { wait: false })).toBeNull();
  second?.release();
});

test('what was committed is there when it is opened again', { timeout: LIMIT_MS }, async () => {
  await ledger.end();
  await closeEmbeddedLedgers();
  ledger = openLedger({ kind: 'embedded', folder });
  expect((await ledger.query('SELECT n FROM counter')).rows).toEqual([{ n: 21 }]);
  expect(await readMove(ledger)).toMatchObject({ phase: 'none', epoch: 1n, writesGoTo: 'source' });
});

test(
  'a folder with something else in it is left alone; a damaged ledger is reported as one',
  { timeout: LIMIT_MS },
  async () => {
    await expect(openEmbedded(parent)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(
        `--ledger ${parent} is a folder with something else in it (ledger)`,
      ) as string,
    });
    await writeFile(path.join(parent, 'file'), '');
    await expect(openEmbedded(path.join(parent, 'file'))).rejects.toMatchObject({ exitCode: 3 });
    await ledger.end();
    await closeEmbeddedLedgers();
    await rm(path.join(folder, 'postgres/global'), { recursive: true });
    ledger = openLedger({ kind: 'embedded', folder });
    await expect(ledger.query('SELECT 1')).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(
        'Remove the folder, or name another one, and run this again',
      ) as string,
    });
  },
);
