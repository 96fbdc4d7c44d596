import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Environment, StoreEndpoint } from '../../../scripts/contract/environment.ts';
import { Claims } from '../../../scripts/ledger/claims.ts';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { addPending, countPending, isPending, listPending } from '../../../scripts/ledger/pending.ts';
import { promote, promoteKey } from '../../../scripts/move/promotion/promotion.ts';
import { takeKeys } from '../../../scripts/move/promotion/take.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { compareObjects, describe } from '../../../scripts/store/compare.ts';
import { emptyBucket, realServices, type Scratch } from '../../support/real.ts';
import { bothSides, quick } from '../verify/support.ts';

let scratch: Scratch;
let environment: Environment;
let sides: Awaited<ReturnType<typeof bothSides>>;
let claims: Claims;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('promotion');
  environment = quick(scratch);
  sides = await bothSides(scratch);
  claims = new Claims(scratch.ledger, { owner: 'promoter', leaseSeconds: environment.bounds.leaseSeconds });
  claims.start();
  const control = await BucketControl.open(
    Object.values(environment.targets)[0] as StoreEndpoint,
    'applications',
  );
  await control.setVersioning(scratch.targetBucket, true);
  control.close();
  await scratch.ledger.query(`UPDATE move SET writes_go_to = 'target', phase = 'cutover'`);
});
afterAll(async () => {
  await claims.stop();
  await scratch.close();
});
beforeEach(async () => {
  await emptyBucket(sides.source, scratch.sourceBucket);
  await emptyBucket(sides.target, scratch.targetBucket);
  await scratch.ledger.query('TRUNCATE pending_key, claim, failed_key');
});

const pending = (...keys: string[]) => addPending(scratch.ledger, 'scratch', keys, 'a test');
const promoteOne = (key: string) =>
  promoteKey(environment, scratch.ledger, claims, { move: 'scratch', key }, 'promoter');
const reasons = async () => (await listFailures(scratch.ledger)).map(({ key, reason }) => [key, reason]);

test('pending keys come to Ceph equal, and leave the list only a while after', async () => {
  await sides.onSource('a', 'x', {
    metadata: { m: '1' },
    tags: { t: '1' },
    headers: { contentType: 'image/png' },
  });
  await sides.onSource('b', 'y');
  await pending('a', 'b');
  const stop = new AbortController();
  const running = promote(environment, scratch.ledger, {
    owner: 'promoter',
    stop: stop.signal,
    graceSeconds: 0.3,
  });
  await expect.poll(() => countPending(scratch.ledger), { timeout: 10_000, interval: 50 }).toBe(0);
  stop.abort();
  await running;
  const [source, target] = await Promise.all([
    describe(sides.source, scratch.sourceBucket, 'a'),
    describe(sides.target, scratch.targetBucket, 'a'),
  ]);
  expect(source !== null && target !== null && compareObjects(source, target)).toEqual([]);
  expect(await reasons()).toEqual([]);
});

test('an old object goes to the class of the rule, as it would by sync', async () => {
  await sides.onSource('old', 'x');
  await pending('old');
  const coldClass = { storageClass: 'STANDARD_IA', afterDays: 0 };
  const cold = { ...environment, moves: environment.moves.map((move) => ({ ...move, coldClass })) };
  expect(await promoteKey(cold, scratch.ledger, claims, { move: 'scratch', key: 'old' }, 'promoter')).toBe(
    true,
  );
  const [listed] = (await sides.target.listPage(scratch.targetBucket)).objects;
  expect([listed?.key, listed?.storageClass]).toEqual(['old', 'STANDARD_IA']);
});

test('what a client deleted or wrote on Ceph is never copied over, nor what is taken off or gone from S3', async () => {
  for (const key of ['deleted', 'written', 'taken']) await sides.onSource(key, 'old');
  await sides.onTarget('deleted', 'old');
  await sides.target.delete(scratch.targetBucket, 'deleted');
  await sides.onTarget('written', 'new');
  await pending('deleted', 'written', 'gone');
  for (const key of ['deleted', 'written', 'taken', 'gone']) expect(await promoteOne(key)).toBe(false);
  expect(await sides.target.head(scratch.targetBucket, 'deleted')).toBeNull();
  expect((await sides.target.head(scratch.targetBucket, 'written'))?.size).toBe(3);
  expect(await sides.target.head(scratch.targetBucket, 'taken')).toBeNull();
  expect(await reasons()).toEqual([
    ['deleted', 'Ceph has another object: missing at the target'],
    ['gone', 'S3 has no such object'],
    ['written', 'Ceph has another object: etag'],
  ]);
  expect(await isPending(scratch.ledger, 'scratch', 'written')).toBe(true);
});

test('a delete that comes in the middle of a copy is the last word, every time', async () => {
  const keys = Array.from({ length: 12 }, (_, index) => `race-${index}`);
  await Promise.all(keys.map((key) => sides.onSource(key, 'x'.repeat(100_000))));
  await pending(...keys);
  const { leaseSeconds, requestSeconds } = environment.bounds;
  let promoted = 0;
  await Promise.all(
    keys.map(async (key) => {
      const copying = promoteOne(key);
      await takeKeys(scratch.ledger, 'scratch', [key], { owner: 'service', leaseSeconds, requestSeconds });
      await sides.target.delete(scratch.targetBucket, key);
      if (await copying) promoted += 1;
    }),
  );
  for (const key of keys) {
    expect(await sides.target.head(scratch.targetBucket, key)).toBeNull();
    expect(await isPending(scratch.ledger, 'scratch', key)).toBe(false);
  }
  expect(promoted).toBeLessThanOrEqual(keys.length);
});

test('a key that was taken for a write which never came to Ceph is pending again; one that came is off', async () => {
  for (const key of ['failed', 'deleted']) await sides.onSource(key, 'the only one');
  await pending('failed', 'deleted');
  const { leaseSeconds } = environment.bounds;
  const take = { owner: 'service', leaseSeconds, requestSeconds: 1 };
  await takeKeys(scratch.ledger, 'scratch', ['failed', 'deleted'], take);
  await sides.target.delete(scratch.targetBucket, 'deleted');
  // As long as the request that it was taken for may be under way, nothing is known.
  expect(await promoteOne('failed')).toBe(false);
  expect(await sides.target.head(scratch.targetBucket, 'failed')).toBeNull();
  // Then it shows on Ceph.
  await scratch.ledger.query(`UPDATE pending_key SET taken_at = taken_at - interval '1 hour'`);
  expect(await promoteOne('failed')).toBe(true);
  expect(await promoteOne('deleted')).toBe(false);
  expect((await sides.target.head(scratch.targetBucket, 'failed'))?.size).toBe('the only one'.length);
  expect(await sides.target.head(scratch.targetBucket, 'deleted')).toBeNull();
  const left = await listPending(scratch.ledger, 10);
  expect(left.map(({ key }) => key)).toEqual(['failed']);
});
