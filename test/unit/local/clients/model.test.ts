import { describe, expect, test } from 'vitest';
import { judge, KeyModel, sameValue, type Value } from '../../../../scripts/local/clients/model.ts';

const value = (etag: string): Value => ({ etag, size: 1 });
const [A, B, C] = [value('a'), value('b'), value('c')];

function written(...writes: [Value, number, number][]): KeyModel {
  const model = new KeyModel(A);
  for (const [next, began, ended] of writes) {
    model.begin(next, began);
    model.end('acknowledged', ended);
  }
  return model;
}

describe('a direct read', () => {
  test('after the acknowledgement sees exactly the last write', () => {
    const model = written([B, 10, 20]);
    expect(judge(model, B, { from: 21, to: 22 }, 'direct')).toBeNull();
    expect(judge(model, A, { from: 21, to: 22 }, 'direct')).toBe('lost');
    expect(judge(model, C, { from: 21, to: 22 }, 'direct')).toBe('wrong');
    expect(judge(model, null, { from: 21, to: 22 }, 'direct')).toBe('lost');
  });

  test('beside a write sees the value before or after it', () => {
    const model = written([B, 10, 20]);
    expect(model.possible(15, 30)).toEqual([A, B]);
    expect(model.possible(5, 9)).toEqual([A]);
  });

  test('of a deleted object sees nothing', () => {
    const model = written([null, 10, 20]);
    expect(judge(model, null, { from: 21, to: 22 }, 'direct')).toBeNull();
    expect(judge(model, A, { from: 21, to: 22 }, 'direct')).toBe('resurrected');
  });

  test('after a write without a known outcome sees either value, until one is settled', () => {
    const model = new KeyModel(A);
    model.begin(B, 10);
    model.end('unknown', 20, 100);
    expect(model.certain).toBe(false);
    expect(model.quietUntil).toBe(100);
    expect(model.possible(30, 40)).toEqual([A, B]);
    model.settle(A, 110);
    expect(model.certain).toBe(true);
    expect(judge(model, B, { from: 120, to: 121 }, 'direct')).not.toBeNull();
  });

  test('after a refused write sees what was there', () => {
    const model = new KeyModel(A);
    model.begin(B, 10);
    model.refuse();
    expect(model.possible(30, 40)).toEqual([A]);
  });
});

test('a read through the cache may be as old as its bound, and no older', () => {
  const model = written([B, 1000, 1010], [C, 5000, 5010]);
  const read = (seen: Value, at: number) => judge(model, seen, { from: at - 2000, to: at + 1 }, 'cache');
  expect(read(B, 7000)).toBeNull();
  expect(read(B, 7011)).toBe('stale');
  expect(read(C, 7011)).toBeNull();
});

test('what was long ago is forgotten, but a former value is still known from a wrong one', () => {
  const model = written([B, 10, 20]);
  for (let at = 100_000; at < 900_000; at += 100_000) {
    model.begin(C, at);
    model.end('acknowledged', at + 10);
  }
  expect(model.possible(900_000, 900_001)).toEqual([C]);
  expect(
    judge(written([B, 10, 20], [C, 200_000, 200_010]), A, { from: 300_000, to: 300_001 }, 'direct'),
  ).toBe('lost');
});

test('an object in parts is the same bytes under another ETag; its size, mark and digest decide', () => {
  const parts = { etag: 'x-2', size: 9, md5: 'm', mark: 'w' };
  expect(sameValue(parts, { etag: 'y-2', size: 9 })).toBe(true);
  expect(sameValue(parts, { etag: 'y-2', size: 9, md5: 'n' })).toBe(false);
  expect(sameValue(parts, { etag: 'y-2', size: 8 })).toBe(false);
  expect(sameValue(parts, { etag: 'x-2', size: 9, mark: 'v' })).toBe(false);
  expect(sameValue({ etag: 'a', size: 1 }, { etag: 'a', size: 1, md5: 'torn' })).toBe(false);
});
