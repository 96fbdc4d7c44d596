import { expect, test } from 'vitest';
import { inOrderOnce, mapInOrder } from '../../../../scripts/move/verify/in-order.ts';

test('yields in the order of the items, however long each takes, and never has more in flight', async () => {
  let inFlight = 0;
  let most = 0;
  const gates = new Map<number, () => void>();
  const work = async (item: number) => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise<void>((resolve) => {
      gates.set(item, resolve);
      // The last one of a window ends first.
      if (gates.size === 3) for (const open of [...gates.values()].reverse()) open();
    });
    inFlight -= 1;
    gates.delete(item);
    return item * 10;
  };
  const results: number[] = [];
  const source = mapInOrder([1, 2, 3], 3, work);
  for await (const result of source) results.push(result);
  expect(results).toEqual([10, 20, 30]);
  expect(most).toBe(3);
});

test('a failure is thrown at its place, and those in flight are waited for', async () => {
  const ended: number[] = [];
  const work = async (item: number) => {
    await Promise.resolve();
    if (item === 2) throw new Error('two');
    ended.push(item);
    return item;
  };
  const results: number[] = [];
  await expect(async () => {
    for await (const result of mapInOrder([1, 2, 3, 4], 4, work)) results.push(result);
  }).rejects.toThrow('two');
  expect(results).toEqual([1]);
  expect(ended).toEqual([1, 3, 4]);
});

test('reads no further ahead than its window', async () => {
  let taken = 0;
  function* endless() {
    for (;;) {
      taken += 1;
      yield taken;
    }
  }
  for await (const result of mapInOrder(endless(), 4, (item) => Promise.resolve(item))) {
    if (result === 3) break;
  }
  expect(taken).toBeLessThanOrEqual(7);
});

async function* coming(keys: readonly string[]): AsyncGenerator<string> {
  for (const key of keys) yield await Promise.resolve(key);
}

test.each([
  [
    ['a', 'c', 'd'],
    ['b', 'c', 'e'],
    ['a', 'b', 'c', 'd', 'e'],
  ],
  [[], ['a'], ['a']],
  [['a'], [], ['a']],
  // In the order of bytes.
  [['\ufb01'], ['z', '\u{1f355}'], ['z', '\ufb01', '\u{1f355}']],
])('keys of two lists come once, in the order of S3: %j and %j', async (one, other, both) => {
  const merged: string[] = [];
  for await (const key of inOrderOnce(one, coming(other))) merged.push(key);
  expect(merged).toEqual(both);
});
