import { afterAll, beforeAll, expect, test } from 'vitest';
import { execa, type ResultPromise } from 'execa';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { appendOperations } from '../../../scripts/ledger/operations.ts';
import { listProcessReports } from '../../../scripts/ledger/reports.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { eventually, operation, outcomesOf, startProxy } from './support.ts';

const MIGRATE = fileURLToPath(new URL('../../../scripts/migrate.ts', import.meta.url));

const OPTIONS = { reject: false } as const;
let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('replay-killed');
  [source, target] = await Promise.all([scratch.source(), scratch.target()]);
});
afterAll(() => scratch.close());

/** A worker with short leases, whose source is reached at `endpoint`. */
function startWorker(name: string, endpoint: string, ...args: string[]): ResultPromise<typeof OPTIONS> {
  const { environment, environmentFile } = scratch;
  const file = `${environmentFile}.${name}`;
  const bounds = { ...environment.bounds, leaseSeconds: 1, requestSeconds: 1 };
  writeFileSync(
    file,
    JSON.stringify({ ...environment, bounds, source: { ...environment.source, endpoint } }),
  );
  return execa(process.execPath, [MIGRATE, 'replay', '--environment', file, ...args], OPTIONS);
}

test('a worker killed in the middle of a copy leaves nothing half, and another one finishes', async () => {
  const { ledger, environment, sourceBucket, targetBucket } = scratch;
  const body = Buffer.alloc(3 * 1024 * 1024, 'v2');
  await source.put(sourceBucket, 'big', body, { contentLength: body.length });
  await target.put(targetBucket, 'big', Buffer.from('v1'), { contentLength: 2 });

  // The worker's GET gets half of the object and then nothing more.
  const reading = Promise.withResolvers<void>();
  const proxy = await startProxy(environment.source.endpoint, (request, response) => {
    if (request.method !== 'GET' || !request.url?.endsWith('/big')) return false;
    void source.get(sourceBucket, 'big').then((found) => {
      found?.body.destroy();
      response.writeHead(200, {
        'content-length': body.length,
        etag: `"${found?.head.etag ?? ''}"`,
        'last-modified': new Date().toUTCString(),
      });
      response.write(body.subarray(0, body.length / 2), () => reading.resolve());
    });
    return true;
  });
  try {
    await appendOperations(ledger, [operation('big')]);
    const victim = startWorker('victim', proxy.url, '--follow');
    await reading.promise;
    victim.kill('SIGKILL');
    await victim;
    const { rows } = await ledger.query('SELECT 1 FROM claim');
    expect(rows).toHaveLength(1); // it died with the key in its hands
    expect((await target.head(targetBucket, 'big'))?.size).toBe(2);

    const heir = await startWorker('heir', environment.source.endpoint);
    expect([heir.exitCode, heir.stdout]).toEqual([0, 'replayed: 1 copied']);
    expect((await target.head(targetBucket, 'big'))?.size).toBe(body.length);
    expect(await outcomesOf(ledger, 'big')).toEqual(['copied']);
  } finally {
    await proxy.close();
  }
});

test('a worker that follows takes what comes, ends on SIGTERM with code 0 and has reported its memory', async () => {
  const { ledger, environment, sourceBucket, targetBucket } = scratch;
  const worker = startWorker('follower', environment.source.endpoint, '--follow');
  try {
    await source.put(sourceBucket, 'followed', Buffer.from('x'), { contentLength: 1 });
    await appendOperations(ledger, [operation('followed')]);
    await eventually('it is on Ceph', async () => (await outcomesOf(ledger, 'followed'))[0] === 'copied');
    await expect(target.head(targetBucket, 'followed')).resolves.toMatchObject({ size: 1 });
  } finally {
    worker.kill('SIGTERM');
  }
  const { exitCode, stdout } = await worker;
  expect([exitCode, stdout]).toEqual([0, 'replayed: 1 copied']);
  const reports = await listProcessReports(ledger);
  const own = reports.filter(({ owner }) => owner.includes(`-${worker.pid}-`));
  expect(own).toMatchObject([{ script: 'replay', detail: { outcomes: { copied: 1 } } }]);
  expect(own[0]?.peakRssBytes).toBeLessThan(200 * 1024 * 1024);
});
