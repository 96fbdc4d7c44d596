import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../../scripts/store/keys.ts';
import type { ListedObject } from '../../../../scripts/store/object.ts';
import { Batches, type Piece } from '../../../../scripts/move/sync/batches.ts';
import { mergePages, type Stretch } from '../../../../scripts/move/common/merge.ts';
import { PageReader } from '../../../../scripts/move/common/pages.ts';
import { Checkpoints } from '../../../../scripts/move/sync/checkpoint.ts';

const MIB = 1024 * 1024;
const PART_ETAG = 'd41d8cd98f00b204e9800998ecf8427e-2';
const digest = (version: string) => version.padStart(32, '0');
const listed = (key: string, etag = digest('1'), size = 1): ListedObject => ({
  key,
  size,
  etag,
  lastModified: new Date(0),
});

/** A store that lists `objects`, so many a page; `fails` makes the page after a key fail. */
function reader(
  objects: ListedObject[],
  options: { perPage?: number; after?: string; until?: () => string | null; failsAfter?: string } = {},
): PageReader {
  const { perPage = 2, after = '', until = () => null, failsAfter } = options;
  return new PageReader({
    after,
    until,
    list: async (from) => {
      if (from === failsAfter) throw new Error(`the page after ${from} failed`);
      const rest = objects.filter(({ key }) => from === '' || compareKeys(key, from) > 0);
      return await Promise.resolve({ objects: rest.slice(0, perPage), truncated: rest.length > perPage });
    },
  });
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function keysOf(from: PageReader): Promise<string[]> {
  const keys: string[] = [];
  for (let page = await from.next(); page !== null; page = await from.next()) {
    keys.push(...page.map(({ key }) => key));
  }
  return keys;
}

const verdicts = (stretches: Stretch[]) =>
  stretches.flatMap(({ open }) => open.map(({ merged }) => `${merged.kind} ${merged.key}`));

describe('pages of a listing', () => {
  const five = ['a', 'b', 'c', 'd', 'e'].map((key) => listed(key));

  it('come to the end, one after another', async () => {
    expect(await keysOf(reader(five))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await keysOf(reader([]))).toEqual([]);
  });

  it('begin after a key and end with one', async () => {
    const part = reader(five, { after: 'a', until: () => 'd' });
    expect(await keysOf(part)).toEqual(['b', 'c', 'd']);
    expect(part.frontier).toBe('d');
  });

  it('end sooner when the shard is cut while they are read', async () => {
    let until: string | null = null;
    const cut = reader(five, { until: () => until });
    expect((await cut.next())?.map(({ key }) => key)).toEqual(['a', 'b']);
    until = 'c';
    expect(await keysOf(cut)).toEqual(['c']);
  });

  it('are asked for one ahead', async () => {
    const asked: string[] = [];
    const pages = new PageReader({
      after: '',
      until: () => null,
      list: async (after) => {
        asked.push(after);
        return await Promise.resolve({
          objects: [listed(after === '' ? 'a' : 'b')],
          truncated: after === '',
        });
      },
    });
    await pages.next();
    expect(asked).toEqual(['', 'a']);
  });

  it.each([
    ['out of order', [listed('b'), listed('a')], 'not in key order'],
    ['empty and not the last', [], 'the page after  is empty, and more should follow'],
  ])('are refused when they are %s', async (_, objects, message) => {
    const pages = new PageReader({
      after: '',
      until: () => null,
      list: () => Promise.resolve({ objects, truncated: true }),
    });
    await expect(pages.next()).rejects.toThrow(message);
  });
});

describe('merging pages', () => {
  it('names what listings do not prove equal', async () => {
    const source = [listed('a'), listed('b'), listed('c'), listed('e'), listed('p', PART_ETAG)];
    const target = [
      listed('b'),
      listed('c', digest('2')),
      listed('d'),
      listed('e', digest('1'), 2),
      listed('p', PART_ETAG),
    ];
    const stretches = await allOf(mergePages(reader(source), reader(target, { perPage: 3 })));
    expect(verdicts(stretches)).toEqual(['copy a', 'copy c', 'extra d', 'copy e', 'equal p']);
  });

  it('gives every key of either side the right verdict, and counts the source’s', async () => {
    const side = fc
      .dictionary(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), fc.constantFrom('1', '2'))
      .map((record) => Object.entries(record).map(([key, version]) => listed(key, digest(version), 7)))
      .map((objects) => objects.sort((a, b) => compareKeys(a.key, b.key)));
    const perPage = fc.integer({ min: 1, max: 4 });
    await fc.assert(
      fc.asyncProperty(side, side, perPage, perPage, async (source, target, left, right) => {
        const stretches = await allOf(
          mergePages(reader(source, { perPage: left }), reader(target, { perPage: right })),
        );
        const there = new Map(target.map((object) => [object.key, object]));
        const here = new Set(source.map(({ key }) => key));
        const expected = [
          ...source
            .filter(({ key, etag }) => there.get(key)?.etag !== etag)
            .map(({ key }) => ['copy', key] as const),
          ...target.filter(({ key }) => !here.has(key)).map(({ key }) => ['extra', key] as const),
        ].sort(([, a], [, b]) => compareKeys(a, b));
        expect(verdicts(stretches)).toEqual(expected.map(([kind, key]) => `${kind} ${key}`));
        const sum = (pick: (stretch: Stretch) => number) =>
          stretches.reduce((total, stretch) => total + pick(stretch), 0);
        expect([sum(({ objects }) => objects), sum(({ bytes }) => bytes)]).toEqual([
          source.length,
          7 * source.length,
        ]);
      }),
    );
  });

  it('leaves the migration’s own keys alone, on both sides', async () => {
    const source = [listed('.migration/canary'), listed('a')];
    const target = [listed('.migration/ours'), listed('b')];
    const stretches = await allOf(mergePages(reader(source), reader(target)));
    expect(verdicts(stretches)).toEqual(['copy a', 'extra b']);
  });

  it.each(['', 'b', 'd'])(
    'never takes a listing that breaks off after "%s" for its end',
    async (failsAfter) => {
      const objects = ['a', 'b', 'c', 'd', 'e'].map((key) => listed(key));
      const seen: Stretch[] = [];
      const run = async () => {
        for await (const stretch of mergePages(reader(objects, { failsAfter }), reader(objects)))
          seen.push(stretch);
      };
      await expect(run()).rejects.toThrow(`the page after ${failsAfter} failed`);
      expect(verdicts(seen)).toEqual([]);
    },
  );
});

describe('batches', () => {
  const stretch = (keys: string[], size = 1, equalAfter: string[] = []): Stretch => ({
    last: [...keys, ...equalAfter].at(-1) ?? null,
    objects: keys.length + equalAfter.length,
    bytes: size * (keys.length + equalAfter.length),
    open: keys.map((key, index) => ({
      merged: { kind: 'copy', key, source: listed(key, digest('1'), size) },
      objects: index + 1,
      bytes: size * (index + 1),
    })),
  });
  const numbered = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => String(from + index).padStart(6, '0'));
  const shape = ({ after, until, objects, open }: Piece) => [after, until, objects, open.length];

  it('end at 256 keys, and follow each other without a gap', () => {
    const batches = new Batches('');
    const pieces = batches.add(stretch(numbered(600)));
    expect([...pieces, batches.rest()].map(shape)).toEqual([
      ['', '000255', 256, 256],
      ['000255', '000511', 256, 256],
      ['000511', '000599', 88, 88],
    ]);
  });

  it('end at 64 MiB, but one key always fits', () => {
    const batches = new Batches('a');
    const pieces = batches.add(stretch(['b', 'c', 'd'], 40 * MIB));
    expect([...pieces, batches.rest()].map(shape)).toEqual([
      ['a', 'b', 1, 1],
      ['b', 'c', 1, 1],
      ['c', 'd', 1, 1],
    ]);
    expect(new Batches('').add(stretch(['b'], 100 * MIB))).toEqual([]);
  });

  it('claim nothing where all is equal', () => {
    const batches = new Batches('');
    expect(batches.add(stretch([], 1, ['a', 'b'])).map(shape)).toEqual([['', 'b', 2, 0]]);
    expect(shape(batches.rest())).toEqual(['b', 'b', 0, 0]);
  });

  it('are held back while few keys differ, not for ever', () => {
    const batches = new Batches('');
    const equal = (from: number) => stretch([], 1, numbered(1000, from));
    expect(batches.add(stretch(['000000'], 1, numbered(999, 1)))).toEqual([]);
    expect([1000, 2000, 3000].flatMap((from) => batches.add(equal(from)))).toEqual([]);
    expect(batches.add(equal(4000)).map(shape)).toEqual([['', '004999', 5000, 1]]);
  });

  it('count what is between them with the one that follows', () => {
    const batches = new Batches('');
    batches.add(stretch(numbered(200), 1, numbered(10, 200)));
    const pieces = batches.add(stretch(numbered(100, 210)));
    expect([...pieces, batches.rest()].map(shape)).toEqual([
      ['', '000265', 266, 256],
      ['000265', '000309', 44, 44],
    ]);
  });
});

describe('what is settled', () => {
  it('advances in key order, over what has nothing open before it', () => {
    const settled = new Checkpoints('a');
    const pieces = ['c', 'e', null].map((until) => settled.add({ until, objects: 10, bytes: 100 }));
    pieces[1]?.();
    settled.count({ copied: 3, copiedBytes: 30, deleted: 0 });
    expect(settled.take()).toEqual({
      checkpoint: 'a',
      objects: 0,
      bytes: 0,
      copied: 3,
      copiedBytes: 30,
      deleted: 0,
    });
    pieces[0]?.();
    expect(settled.take()).toMatchObject({ checkpoint: 'e', objects: 20, bytes: 200, copied: 0 });
    expect(settled.whole).toBe(false);
    pieces[2]?.();
    expect(settled.take()).toMatchObject({ checkpoint: 'e', objects: 10 });
    expect(settled.whole).toBe(true);
  });
});
