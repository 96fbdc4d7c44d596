import { expect, test } from 'vitest';
import { progressDisplay, type MoveProgress } from '../../../scripts/move/sync/progress.ts';

const progress = (change: Partial<MoveProgress>): MoveProgress => ({
  move: 'photos',
  run: 7n,
  state: 'copying',
  shards: 1,
  done: 0,
  objects: 0,
  bytes: 0,
  copied: 0,
  copiedBytes: 0,
  deleted: 0,
  failed: 0,
  objectsExpected: 10,
  bytesExpected: 100,
  startedAt: null,
  endedAt: null,
  ...change,
});

test('a line of JSON a move for what is news: what was done, or how much may be in flight', () => {
  const lines: Record<string, unknown>[] = [];
  let atOnce = 32;
  const output = { write: (text: string) => lines.push(JSON.parse(text) as Record<string, unknown>) > 0 };
  const display = progressDisplay(output, { json: true, atOnce: () => atOnce });
  display.update([progress({}), progress({ move: 'metadata' })]);
  display.update([progress({}), progress({ move: 'metadata' })]);
  atOnce = 16;
  display.update([progress({ objects: 4, copiedBytes: 40, failed: 1 }), progress({ move: 'metadata' })]);
  display.stop();
  expect(lines).toMatchObject([
    { type: 'progress', move: 'photos', run: '7', atOnce: 32, objectsPerSecond: 0, secondsLeft: null },
    { move: 'metadata', atOnce: 32 },
    { move: 'photos', objects: 4, copiedBytes: 40, failed: 1, atOnce: 16 },
    { move: 'metadata', atOnce: 16 },
  ]);
  const [, , later] = lines;
  expect(Number(later?.['objectsPerSecond'])).toBeGreaterThan(0);
  expect(typeof later?.['secondsLeft']).toBe('number');
});
