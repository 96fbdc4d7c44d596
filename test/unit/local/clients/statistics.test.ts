import { expect, test } from 'vitest';
import { Statistics } from '../../../../scripts/local/clients/statistics.ts';

test('percentiles are right to a tenth; a fleet that starts again goes on counting', () => {
  const first = new Statistics();
  for (let milliseconds = 1; milliseconds <= 100; milliseconds++) {
    first.acknowledged('get', 's3', milliseconds, false);
  }
  first.acknowledged('create', 'ceph', 2500, true);
  first.held(2400);
  const finding = { at: '', kind: 'lost', operation: 'get', move: 'images', key: 'a', detail: '' } as const;
  first.found(finding);
  const { kinds, ...counts } = first.summary();
  expect(counts).toMatchObject({
    operations: 101,
    lost: 1,
    longestHoldSeconds: 2.4,
    longestMutationSeconds: 2.5,
  });
  expect(kinds['get']?.p50Ms).toBeGreaterThan(45);
  expect(kinds['get']?.p50Ms).toBeLessThan(56);
  expect(kinds['get']?.maxMs).toBe(100);

  const second = new Statistics();
  second.resume(first.summary(), [finding]);
  second.acknowledged('get', 'ceph', 1, false);
  expect(second.summary()).toMatchObject({
    operations: 102,
    lost: 1,
    longestHoldSeconds: 2.4,
    findings: [finding],
  });
  expect(second.summary().kinds['get']).toMatchObject({ count: 101, maxMs: 100 });
  expect(second.summary().kinds['create']).toMatchObject({ count: 1, maxMs: 2500 });
});

test('a sample counts one second only', () => {
  const statistics = new Statistics();
  statistics.acknowledged('get', 's3', 10, false);
  statistics.acknowledged('cached', 'cache', 10, false);
  expect(statistics.sample('s3')).toMatchObject({ state: 's3', s3: 1, cache: 1, ceph: 0, mutations: 0 });
  expect(statistics.sample('hold')).toMatchObject({ state: 'hold', s3: 0, cache: 0 });
});
