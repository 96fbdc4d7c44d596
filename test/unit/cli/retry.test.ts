import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { selectionOf } from '../../../scripts/move/retry/select.ts';
import { describeList, describeRetried } from '../../../scripts/move/retry/report.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { listFailures, recordFailure, type FailureStage } from '../../../scripts/ledger/failures.ts';
import { beginHold, callOff } from '../../../scripts/ledger/holds.ts';
import { appendOperations, openKeys } from '../../../scripts/ledger/operations.ts';
import { retryFailures } from '../../../scripts/ledger/retry.ts';
import {
  cutShard,
  finishShard,
  startSyncRun,
  syncProgress,
  takeShard,
} from '../../../scripts/ledger/shards.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../support/embedded-ledger.ts';

const MOVE = 'photos';

let ledger: Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, close } = await openEmbeddedLedger());
}, EMBEDDED_LIMIT_MS);
beforeEach(() => ledger.query('TRUNCATE failed_key, shard, sync_run, operation, hold'));
afterAll(() => close());

async function fail(key: string, stage: FailureStage, times: number, move = MOVE): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    await recordFailure(ledger, { move, key, stage, reason: 'AccessDenied' });
  }
}

/** A run of two shards, until `m` and from there on, both done. */
async function finishedRun(): Promise<void> {
  await startSyncRun(ledger, MOVE);
  const options = { move: MOVE, owner: 'w', leaseSeconds: 60 };
  const first = await takeShard(ledger, options);
  if (first === null) throw new Error('a run has a shard');
  await cutShard(ledger, first, 'm');
  const second = await takeShard(ledger, options);
  if (second === null) throw new Error('it was cut');
  await finishShard(ledger, first);
  await finishShard(ledger, second);
}

const attempts = async () =>
  (await listFailures(ledger)).map((each) => [each.key, each.stage, each.attempts]);
const openShards = async () =>
  (await ledger.query<{ number: number }>(`SELECT number FROM shard WHERE state = 'open'`)).rows;

test('keys of sync are tried again in the shards that they lie in; twice is once', async () => {
  await finishedRun();
  await fail('a', 'sync', 5);
  await fail('b', 'sync', 7);
  const again = () => retryFailures(ledger, { moves: [MOVE], key: 'b' }, { dryRun: false });
  expect(await again()).toMatchObject({ retried: [{ key: 'b', attempts: 7 }], left: [], reopenedShards: 1 });
  expect(await attempts()).toEqual([
    ['a', 'sync', 5],
    ['b', 'sync', 0],
  ]);
  expect(await openShards()).toEqual([{ number: 1 }]);
  expect(await syncProgress(ledger, MOVE)).toMatchObject({ state: 'copying', endedAt: null, done: 1 });
  expect(await again()).toMatchObject({ retried: [{ key: 'b', attempts: 0 }], reopenedShards: 0 });
  expect(await openShards()).toEqual([{ number: 1 }]);
});

test('a key of replay that waits a minute is taken at once', async () => {
  const put = { kind: 'put', eventName: 'ObjectCreated:Put', eventSource: 'ceph:s3' } as const;
  await appendOperations(ledger, [{ ...put, move: MOVE, key: 'k' }]);
  await fail('k', 'replay', 9);
  expect(await openKeys(ledger, { limit: 1 })).toEqual([]);
  await retryFailures(ledger, { stage: 'replay' }, { dryRun: false });
  expect(await openKeys(ledger, { limit: 1 })).toMatchObject([{ key: 'k' }]);
});

test('a dry run changes nothing, and what was not chosen stays', async () => {
  await finishedRun();
  await fail('a', 'sync', 5);
  await fail('a', 'replay', 2);
  await fail('a', 'sync', 5, 'somebody-elses');
  const before = await attempts();
  const dry = await retryFailures(ledger, { moves: [MOVE] }, { dryRun: true });
  expect(dry.retried.map(({ move, stage }) => [move, stage])).toEqual([
    [MOVE, 'replay'],
    [MOVE, 'sync'],
  ]);
  expect([await attempts(), await openShards()]).toEqual([before, []]);
  await retryFailures(ledger, { moves: [MOVE], stage: 'sync' }, { dryRun: false });
  expect(await attempts()).toEqual([
    ['a', 'replay', 2],
    ['a', 'sync', 0],
    ['a', 'sync', 5],
  ]);
});

test('keys of sync stay while S3 is no authority, or is about to be none', async () => {
  await finishedRun();
  await fail('a', 'sync', 5);
  await fail('a', 'replay', 5);
  const all = () => retryFailures(ledger, {}, { dryRun: false });
  const hold = await beginHold(ledger, 'to-target', 60);
  const expected = {
    retried: [{ stage: 'replay' }],
    left: [{ stage: 'sync', attempts: 5 }],
    reopenedShards: 0,
  };
  expect(await all()).toMatchObject(expected);
  await callOff(ledger, hold, 'a test');
  await ledger.query(`UPDATE move SET writes_go_to = 'target'`);
  expect(await all()).toMatchObject(expected);
  await ledger.query(`UPDATE move SET writes_go_to = 'source'`);
  expect(await all()).toMatchObject({ left: [], reopenedShards: 1 });
});

const moves = [
  { name: 'a', sourceBucket: 'one', targetCluster: 't', targetBucket: 'two' },
  { name: 'b', sourceBucket: 'three', targetCluster: 't', targetBucket: 'two' },
];

test('a bucket is that of a move, on either side', () => {
  expect(selectionOf({ moves }, { bucket: 'one' }).moves).toEqual(['a']);
  expect(selectionOf({ moves }, { bucket: 'two', key: 'k' })).toEqual({
    moves: ['a', 'b'],
    key: 'k',
    stage: undefined,
  });
  expect(selectionOf({ moves }, {}).moves).toEqual(['a', 'b']);
  expect(() => selectionOf({ moves }, { bucket: 'four' })).toThrow(
    '--bucket is "four"; there are: one, two, three',
  );
});

test('a person reads which keys, why, and what follows', () => {
  const at = new Date('2026-05-05T05:05:05Z');
  const failure = {
    move: 'photos',
    key: 'a\n',
    stage: 'sync' as const,
    reason: 'why',
    firstAt: at,
    lastAt: at,
  };
  const failed = [{ ...failure, attempts: 5 }];
  expect(describeList([])).toBe('no key is on the failed list');
  expect(describeList(failed)).toBe(
    'photos  sync       "a\\n"  5 attempts, last at 2026-05-05T05:05:05.000Z: why\n' +
      'Try them again, once the reason is mended: migrate retry --all',
  );
  const done = { retried: [{ ...failure, attempts: 0 }], left: failed, reopenedShards: 1 };
  expect(describeRetried(done, 'go on', false)).toBe(
    'put back 1 key:\n  photos  sync       "a\\n"  put back: why\n1 shard of sync opened again; go on\n' +
      '1 key of sync stay as they are: applications write to the target, or are about to, and sync would undo their writes',
  );
});
