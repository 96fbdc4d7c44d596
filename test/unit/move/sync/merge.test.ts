import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../../scripts/store/keys.ts';
import type { ListedObject } from '../../../../scripts/store/object.ts';
import { mergeListings, type Merged } from '../../../../scripts/move/common/merge.ts';

const listed = (key: string, etag: string, size = 1): ListedObject => ({
  key,
  size,
  etag,
  lastModified: new Date(0),
});

async function* listing(objects: ListedObject[], failAfter?: number): AsyncGenerator<ListedObject> {
  for (const [index, object] of objects.entries()) {
    if (index === failAfter) throw new Error('page 2 failed');
    yield await Promise.resolve(object);
  }
  if (failAfter === objects.length) throw new Error('page 2 failed');
}

async function merge(source: ListedObject[], target: ListedObject[]): Promise<Merged[]> {
  const all: Merged[] = [];
  for await (const merged of mergeListings(listing(source), listing(target))) all.push(merged);
  return all;
}

describe('merging listings', () => {
  it('tells copy, equal and extra', async () => {
    const source = [listed('a', '1'), listed('b', '1'), listed('c', '1'), listed('e', '1')];
    const target = [listed('b', '1'), listed('c', '2'), listed('d', '1'), listed('e', '1', 2)];
    expect((await merge(source, target)).map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'copy a',
      'equal b',
      'copy c',
      'extra d',
      'copy e',
    ]);
  });

  it('names every key of either side once, in order, with the right verdict', async () => {
    const side = fc
      .dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), fc.constantFrom('1', '2'))
      .map((record) => new Map(Object.entries(record)));
    await fc.assert(
      fc.asyncProperty(side, side, async (source, target) => {
        const objects = (of: Map<string, string>) =>
          [...of].map(([key, etag]) => listed(key, etag)).sort((a, b) => compareKeys(a.key, b.key));
        const merged = await merge(objects(source), objects(target));
        const keys = [...new Set([...source.keys(), ...target.keys()])].sort(compareKeys);
        expect(merged.map(({ key }) => key)).toEqual(keys);
        for (const { key, kind } of merged) {
          const expected = !source.has(key)
            ? 'extra'
            : source.get(key) === target.get(key)
              ? 'equal'
              : 'copy';
          expect(kind).toBe(expected);
        }
      }),
    );
  });

  it('never takes a listing that breaks off for its end', async () => {
    const objects = ['a', 'b', 'c'].map((key) => listed(key, '1'));
    for (const failAfter of [0, 1, 2, 3]) {
      const seen: Merged[] = [];
      const run = async () => {
        for await (const merged of mergeListings(listing(objects, failAfter), listing(objects)))
          seen.push(merged);
      };
      await expect(run()).rejects.toThrow('page 2 failed');
      expect(seen.filter(({ kind }) => kind === 'extra')).toEqual([]);
    }
  });

  it('closes both listings when nobody wants more', async () => {
    const closed: string[] = [];
    async function* watched(name: string): AsyncGenerator<ListedObject> {
      try {
        yield* listing([listed('a', '1'), listed('b', '1')]);
      } finally {
        closed.push(name);
      }
    }
    for await (const merged of mergeListings(watched('source'), watched('target'))) {
      expect(merged.key).toBe('a');
      break;
    }
    expect(closed.sort()).toEqual(['source', 'target']);
  });
});
