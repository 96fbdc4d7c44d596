import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { JsonLines, readJsonLines, type JournalLine } from '../../../../scripts/local/clients/journal.ts';
import { World } from '../../../../scripts/local/clients/world.ts';

const MANIFEST = [
  { move: 'images', key: 'a', etag: 'a1', size: 1 },
  { move: 'images', key: 'b', etag: 'b1', size: 1 },
];
const put = (id: number, key: string, etag: string): JournalLine => ({
  type: 'intent',
  id,
  at: id * 10,
  move: 'images',
  writes: [{ key, value: { etag, size: 1 } }],
});

test('a world is rebuilt from the manifest and the journal; what a kill cut off is unknown', async () => {
  const journal: JournalLine[] = [
    { type: 'start', at: 1 },
    put(1, 'a', 'a2'),
    { type: 'ack', id: 1, at: 15, ambiguous: false },
    put(2, 'b', 'b2'),
    put(3, 'new', 'n1'),
    { type: 'refused', id: 3, at: 35 },
    { type: 'start', at: 50 },
    put(4, 'a', 'a3'),
    { type: 'ack', id: 4, at: 45, ambiguous: true },
    put(5, 'c', 'c1'),
  ];
  const { world, nextId } = await World.rebuild(MANIFEST, journal, { now: 100, quietMs: 30 });
  expect(nextId).toBe(6);
  const state = (key: string) => {
    const model = world.at('images', key);
    return { values: model.possible(200, 201).map((value) => value?.etag), certain: model.certain };
  };
  expect(state('a')).toEqual({ values: ['a3'], certain: true });
  expect(world.at('images', 'a').quietUntil).toBe(75);
  expect(state('b')).toEqual({ values: ['b1', 'b2'], certain: false });
  expect(world.at('images', 'b').quietUntil).toBe(80);
  expect(state('new')).toEqual({ values: [undefined], certain: true });
  expect(state('c')).toEqual({ values: [undefined, 'c1'], certain: false });
});

test('a journal whose last line was cut off by a kill is read without it and goes on in a line of its own', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-journal-'));
  try {
    const file = path.join(folder, 'journal.jsonl');
    await writeFile(file, '{"type":"start","at":1}\n');
    await appendFile(file, '{"type":"ack","id":');
    const journal = new JsonLines<JournalLine>(file);
    journal.append({ type: 'start', at: 2 });
    journal.close();
    const read: JournalLine[] = [];
    for await (const line of readJsonLines<JournalLine>(file)) read.push(line);
    expect(read).toEqual([
      { type: 'start', at: 1 },
      { type: 'start', at: 2 },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
