import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { etagsOf, MIB, openPair, type Pair } from './support.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await openPair('exact-bodies');
});
beforeEach(() => pair.empty());
afterAll(() => pair.scratch.close());

/** Moves what the source has, and expects every byte and every ETag on the other side. */
async function assertMoves(objects: number): Promise<void> {
  const { source, target, scratch } = pair;
  expect(await pair.sync()).toMatchObject({ objects, copied: objects, failed: 0 });
  const there = await etagsOf(source, scratch.sourceBucket);
  expect(await etagsOf(target, scratch.targetBucket)).toEqual(there);
  expect(Object.keys(there)).toHaveLength(objects);
  expect(await pair.differences()).toEqual([]);
}

test('one request each: nothing, one byte, and around every size where another way begins', async () => {
  // What is held in memory, what is sent as a stream, and what others would send in parts.
  const around = [MIB, 5 * MIB, 8 * MIB].flatMap((size) => [size - 1, size, size + 1]);
  const sizes = [0, 1, 2, 4096, ...around];
  for (const size of sizes) await pair.put(`${size} bytes`, randomBytes(size));
  await assertMoves(sizes.length);
});

test('in parts: around every boundary, with parts of even and odd sizes', async () => {
  const part = 5 * MIB;
  const odd = 5 * MIB + 1;
  const layouts: number[][] = [
    ...[[1], [part - 1], [part], [part + 1]],
    ...[1, part - 1, part].flatMap((last) => [
      [part, last],
      [part, part, last],
    ]),
    [7 * MIB, 7 * MIB, 3],
    [odd, odd],
    [odd, odd, odd],
    [6_000_001, 6_000_001, 1],
  ];
  for (const layout of layouts) await pair.upload(layout.join(' + '), layout);
  await assertMoves(layouts.length);
});

test('parts whose sizes nothing tells: the bytes are the same, and that is what a second run and verify see', async () => {
  await pair.upload('uneven', [6 * MIB, 5 * MIB, 7 * MIB + 1]);
  expect(await pair.sync()).toMatchObject({ copied: 1, failed: 0 });
  expect(await pair.differences()).toEqual([]);
  expect(await pair.sync()).toMatchObject({ copied: 0, failed: 0 });
});
