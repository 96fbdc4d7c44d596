import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { replayLag } from '../../../scripts/ledger/operations.ts';
import { retryFailures } from '../../../scripts/ledger/retry.ts';
import { clusterFolders } from '../../../scripts/contract/local/cluster-folders.ts';
import { runReplay } from '../../../scripts/move/replay/worker.ts';
import { Bed, beforeThe, brief, isWrite, never } from './support.ts';

let bed: Bed;
beforeEach(async () => {
  bed = await Bed.open('faults-ceph');
});
afterEach(() => bed.close());

/** Kills a daemon of the target in the middle of the work; the supervisor brings it back. */
async function killedMeanwhile(
  program: string,
): Promise<{ environment: Environment; isBack: () => Promise<boolean> }> {
  const before = await bed.pidOf(program);
  const fault = beforeThe(10, isWrite, () => {
    process.kill(before, 'SIGKILL');
    return Promise.resolve();
  });
  const { environment } = await bed.through('target', fault);
  const isBack = async () => (await bed.pidOf(program).catch(() => before)) !== before;
  return { environment: brief(environment), isBack };
}

/** As short as a test should be: what does not answer in a second, and again, is away. */
function impatient(environment: Environment): Environment {
  const bounds = { ...environment.bounds, requestSeconds: 1, leaseSeconds: 2 };
  return { ...environment, bounds, sync: { ...environment.sync, backoffSeconds: 0.5 } };
}

/** A command of the target's cluster. */
async function tell(program: 'ceph' | 'radosgw-admin', ...words: string[]): Promise<string> {
  const { workers } = bed.scratch.environment;
  if (workers.kind !== 'supervisor') throw new Error('the cluster is on this machine');
  const { configurationFile } = clusterFolders(path.dirname(workers.supervisorConfig), 'images');
  return (await execa(program, ['-c', configurationFile, ...words])).stdout;
}

describe('a target that is full', () => {
  const quota = (...words: string[]) =>
    tell('radosgw-admin', 'quota', ...words, '--quota-scope=bucket', `--bucket=${bed.scratch.targetBucket}`);

  it('by its quota: sync says so, changes nothing more, and goes on when there is room', async () => {
    const { environment } = bed.scratch;
    await quota('set', '--max-objects=10');
    await quota('enable');
    await expect(bed.sync(impatient(environment))).rejects.toThrow(
      /QuotaExceeded.*A target that reads and does not write is full/s,
    );
    const there = Object.keys(await bed.written());
    expect(there.length).toBeLessThan(bed.keys.length);
    const failures = await listFailures(bed.scratch.ledger);
    expect(failures.map(({ reason }) => reason)).toContainEqual(expect.stringContaining('QuotaExceeded'));
    await quota('disable');
    expect(await bed.sync()).toBe('done');
    await bed.expectEqualSides();
  });

  it('by its disks: writes hang and sync does not; it goes on when there is room', async () => {
    const { environment, ledger } = bed.scratch;
    const isFull = async () => (await tell('ceph', 'health', 'detail', '-f', 'json')).includes('OSD_FULL');
    const before = JSON.parse(await tell('ceph', 'osd', 'dump', '-f', 'json')) as Record<string, number>;
    // The higher ones hold where a lower one is above them.
    const levels = ['nearfull', 'backfillfull', 'full'];
    try {
      for (const level of levels) await tell('ceph', 'osd', `set-${level}-ratio`, '0.000001');
      await expect.poll(isFull, { timeout: 60_000, interval: 500 }).toBe(true);
      await expect(bed.sync(impatient(environment))).rejects.toThrow(
        /no answer within 1 s \(a full cluster lets writes hang\).*A target that reads and does not write is full/s,
      );
    } finally {
      for (const level of levels.toReversed()) {
        await tell('ceph', 'osd', `set-${level}-ratio`, String(before[`${level}_ratio`]));
      }
    }
    await expect.poll(isFull, { timeout: 60_000, interval: 500 }).toBe(false);
    await retryFailures(ledger, {}, { dryRun: false });
    expect(await bed.sync()).toBe('done');
    await bed.expectEqualSides();
  });
});

// Last, the RGW: until a killed one's watch has run out, every change of a bucket's metadata waits for its answer.
describe.each(['images-osd-1', 'images-rgw-a'])('%s is killed and comes back', (program) => {
  it('sync, and then replay, goes on and loses nothing', async () => {
    const first = await killedMeanwhile(program);
    expect(await bed.sync(first.environment)).toBe('done');
    await expect.poll(first.isBack, { timeout: 30_000 }).toBe(true);
    await bed.expectEqualSides();

    const { ledger, targetBucket } = bed.scratch;
    for (const key of bed.keys) await bed.target.delete(targetBucket, key);
    await bed.logAll();
    const second = await killedMeanwhile(program);
    const replay = () => runReplay(second.environment, { follow: false, concurrency: 8, stop: never });
    await replay();
    await expect.poll(second.isBack, { timeout: 30_000 }).toBe(true);
    // What it gave up meanwhile is put back.
    await retryFailures(ledger, {}, { dryRun: false });
    expect(await replay()).toMatchObject({ failedKeys: 0 });
    expect(await replayLag(ledger)).toMatchObject({ operations: 0 });
    await bed.expectEqualSides();
  });
});
