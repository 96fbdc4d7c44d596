import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../scripts/store/keys.ts';
import type { ListedObject } from '../../../scripts/store/object.ts';
import { cutKeys } from '../../../scripts/sync/split.ts';
import { cutWindow, eachOf } from '../../../scripts/sync/window.ts';

const MIB = 1024 * 1024;
const listed = (key: string, size = 1): ListedObject => ({ key, size, etag: 'e', lastModified: new Date(0) });
const keysOf = (objects: ListedObject[]) => objects.map(({ key }) => key);

async function* listing(objects: ListedObject[]): AsyncGenerator<ListedObject> {
  for (const object of objects) yield await Promise.resolve(object);
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('splitting', () => {
  it('cuts every so many keys, and counts', async () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map((key) => listed(key, 10));
    expect(await allOf(cutKeys(listing(five), 2))).toEqual([
      { after: '', until: 'b', objects: 2, bytes: 20 },
      { after: 'b', until: 'd', objects: 2, bytes: 20 },
      { after: 'd', until: null, objects: 1, bytes: 10 },
    ]);
  });

  it('ends with no empty range where the last one is full', async () => {
    const four = ['a', 'b', 'c', 'd'].map((key) => listed(key));
    const ranges = await allOf(cutKeys(listing(four), 2));
    expect(ranges.map(({ until }) => until)).toEqual(['b', null]);
  });

  it('goes on after a key', async () => {
    expect(await allOf(cutKeys(listing([listed('d')]), 2, 'c'))).toEqual([
      { after: 'c', until: null, objects: 1, bytes: 1 },
    ]);
  });

  it('gives one range to an empty bucket: keys may come', async () => {
    expect(await allOf(cutKeys(listing([]), 2))).toEqual([{ after: '', until: null, objects: 0, bytes: 0 }]);
  });

  it('covers every key exactly once, with no shard too big', async () => {
    const keys = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 5 }), async (unsorted, perShard) => {
        const sorted = unsorted.sort(compareKeys);
        const ranges = await allOf(cutKeys(listing(sorted.map((key) => listed(key))), perShard));
        const inside = ranges.map(({ after, until }) =>
          sorted.filter(
            (key) =>
              (after === '' || compareKeys(key, after) > 0) &&
              (until === null || compareKeys(key, until) <= 0),
          ),
        );
        expect(inside.flat()).toEqual(sorted);
        expect(Math.max(...inside.map((part) => part.length))).toBeLessThanOrEqual(perShard);
      }),
    );
  });
});

describe('windows', () => {
  const page = (keys: string[], truncated: boolean, size = 1) => ({
    objects: keys.map((key) => listed(key, size)),
    truncated,
  });

  it('end where the page ends while more follows', () => {
    const window = cutWindow(page(['b', 'c'], true), 'a', 'z');
    expect([keysOf(window.objects), window.until]).toEqual([['b', 'c'], 'c']);
  });

  it('reach to the shard’s end only when the listing proves that nothing more is there', () => {
    expect(cutWindow(page(['b', 'c'], false), 'a', 'z').until).toBe('z');
    expect(cutWindow(page(['b', 'zz'], true), 'a', 'z').until).toBe('z');
    expect(cutWindow(page(['b', 'zz'], true), 'a', 'z').objects).toHaveLength(1);
    expect(cutWindow(page(['b', 'c'], true), 'a', null).until).toBe('c');
    expect(cutWindow(page([], false), 'a', null)).toEqual({ after: 'a', until: null, objects: [] });
  });

  it('hold no more than 64 MiB, but one object always', () => {
    const window = cutWindow(page(['b', 'c', 'd'], false, 40 * MIB), 'a', 'z');
    expect([keysOf(window.objects), window.until]).toEqual([['b'], 'b']);
    expect(keysOf(cutWindow(page(['b', 'c'], false, 100 * MIB), 'a', null).objects)).toEqual(['b']);
  });

  it('refuse an empty page that says that more follows', () => {
    expect(() => cutWindow(page([], true), 'a', null)).toThrow('A page of the listing is empty');
  });
});

describe('working on items', () => {
  it('never exceeds its concurrency, and does all', async () => {
    let now = 0;
    let most = 0;
    const done: string[] = [];
    await eachOf(
      listing(['a', 'b', 'c', 'd', 'e'].map((key) => listed(key))),
      2,
      new AbortController().signal,
      async ({ key }) => {
        most = Math.max(most, (now += 1));
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        done.push(key);
      },
    );
    expect([most, done.sort()]).toEqual([2, ['a', 'b', 'c', 'd', 'e']]);
  });

  it('ends with the first error, after what is in work', async () => {
    const ended: string[] = [];
    const run = eachOf(
      listing(['a', 'b', 'c', 'd'].map((key) => listed(key))),
      2,
      new AbortController().signal,
      async ({ key }) => {
        if (key === 'a') throw new Error('first');
        await new Promise((resolve) => setImmediate(resolve));
        ended.push(key);
      },
    );
    await expect(run).rejects.toThrow('first');
    expect(ended).toEqual(['b']);
  });

  it('takes nothing more once it is told to stop', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    await eachOf(listing(['a', 'b', 'c'].map((key) => listed(key))), 1, stop.signal, async ({ key }) => {
      seen.push(key);
      stop.abort();
      await Promise.resolve();
    });
    expect(seen).toEqual(['a']);
  });
});
