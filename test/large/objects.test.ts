import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { listProcessReports } from '../../scripts/ledger/reports.ts';
import type { StoreClient } from '../../scripts/store/client.ts';
import { startSyncRuns } from '../../scripts/move/sync/start.ts';
import { withGatewaySetting } from '../support/gateway-setting.ts';
import { inParallel } from '../../scripts/local/input/parallel.ts';
import { etagsOf, MIB, openPair, type Pair } from '../real/exact/support.ts';

/**
 * What takes minutes and gigabytes: `npm run test:large`, when there is room. Needs 12 GiB of disk beside what the
 * local environment takes.
 */

const MIGRATE = path.resolve(import.meta.dirname, '../../scripts/migrate.ts');
const KEY = 'large';

/** RGW takes longer than a request's usual time to remove ten thousand parts, and to take many big ones at once. */
const PATIENT = { requestSeconds: 120 };

let pair: Pair | undefined;
afterEach(async () => {
  await pair?.empty();
  await pair?.scratch.close();
});

/** Parts: of big ones more would only wait for each other, with their bytes in memory. */
const AT_ONCE = 8;

/** An object of so many parts, of zeros. @returns its ETag */
async function uploadZeros(
  client: StoreClient,
  bucket: string,
  count: number,
  size: number,
): Promise<string> {
  const uploadId = await client.createUpload(bucket, KEY);
  const body = Buffer.alloc(size);
  const parts: { partNumber: number; etag: string }[] = [];
  await inParallel(
    AT_ONCE,
    Array.from({ length: count }, (_, index) => index + 1),
    async (partNumber) => {
      const part = { uploadId, partNumber, body, contentLength: size };
      parts[partNumber - 1] = { partNumber, etag: await client.uploadPart(bucket, KEY, part) };
    },
  );
  return (await client.completeUpload(bucket, KEY, { uploadId, parts })).etag;
}

/** Moves it in a process of its own. @returns the most memory that it took, in bytes */
async function syncAlone({ scratch }: Pair): Promise<number> {
  await startSyncRuns(scratch.environment, scratch.ledger, { again: true });
  const words = [MIGRATE, 'sync', 'worker', '--environment', scratch.environmentFile];
  const worker = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'], env: {} });
  expect(await once(worker, 'exit')).toEqual([0, null]);
  const [report] = await listProcessReports(scratch.ledger);
  return report?.peakRssBytes ?? Infinity;
}

async function assertMoves(moved: Pair, etag: string): Promise<void> {
  expect(await syncAlone(moved)).toBeLessThan(256 * MIB);
  expect(await etagsOf(moved.target, moved.scratch.targetBucket)).toEqual({ [KEY]: etag });
  expect(await moved.differences()).toEqual([]);
  expect(await moved.sync()).toMatchObject({ objects: 1, copied: 0, failed: 0 });
}

test('10,000 parts, as many as S3 takes: the ETag is the same', async () => {
  pair = await openPair('large-parts', PATIENT);
  const { source, scratch } = pair;
  // S3 takes none below 5 MiB, which would be 50 GB in all.
  const least = 'rgw_multipart_min_part_size';
  await withGatewaySetting('source', least, '1', () =>
    withGatewaySetting('images', least, '1', async () => {
      const etag = await uploadZeros(source, scratch.sourceBucket, 10_000, 1024);
      expect(etag).toMatch(/-10000$/);
      await assertMoves(pair as Pair, etag);
    }),
  );
});

test('more than 5 GiB, which one request cannot carry, in memory that does not grow with it', async () => {
  // A cluster without replicas: it takes its size once.
  pair = await openPair('large-bytes', { ...PATIENT, cluster: 'metadata' });
  const etag = await uploadZeros(pair.source, pair.scratch.sourceBucket, 41, 128 * MIB);
  await assertMoves(pair, etag);
});
