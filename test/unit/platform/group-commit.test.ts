import { expect, test } from 'vitest';
import { GroupCommit } from '../../../scripts/platform/notifications/group-commit.ts';

/** A store whose writes end when the test says so. */
function store() {
  const writes: { items: number[]; ends: PromiseWithResolvers<void> }[] = [];
  const commit = new GroupCommit<number>((items) => {
    const ends = Promise.withResolvers<void>();
    writes.push({ items, ends });
    return ends.promise;
  });
  return { writes, commit };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what comes while a write is on its way goes together in the next', async () => {
  const { writes, commit } = store();
  const first = commit.add([1]);
  const others = [commit.add([2, 3]), commit.add([4])];
  expect(writes.map(({ items }) => items)).toEqual([[1]]);
  writes[0]?.ends.resolve();
  await first;
  await turn();
  expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3, 4]]);
  writes[1]?.ends.resolve();
  await Promise.all(others);
});

test('nobody hears that a write is done before it is', async () => {
  const { writes, commit } = store();
  let done = false;
  const added = commit.add([1]).then(() => (done = true));
  await turn();
  expect(done).toBe(false);
  writes[0]?.ends.resolve();
  await added;
  expect(done).toBe(true);
});

test('a failed write fails for all that were part of it, and the next goes on', async () => {
  const { writes, commit } = store();
  const first = commit.add([1]);
  const second = commit.add([2]);
  writes[0]?.ends.reject(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  writes[1]?.ends.resolve();
  await expect(second).resolves.toBeUndefined();
});

test('nothing is written for nothing', async () => {
  const { writes, commit } = store();
  await commit.add([]);
  expect(writes).toEqual([]);
});
