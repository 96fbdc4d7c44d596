import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys } from '../../../../scripts/store/keys.ts';
import { between } from '../../../../scripts/move/sync/midpoint.ts';
import { findCut } from '../../../../scripts/move/sync/split-point.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '0', '9', 'é', '\uffff', '🍎'),
  minLength: 1,
  maxLength: 5,
});

describe('a text between two keys', () => {
  it('is above the one and below the other, whatever they are', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const [low, high] = compareKeys(one, other) < 0 ? [one, other] : [other, one];
        const middle = between(low, high);
        if (middle === null) return;
        expect(compareKeys(low, middle)).toBeLessThan(0);
        expect(compareKeys(middle, high)).toBeLessThan(0);
        expect(middle.isWellFormed()).toBe(true);
      }),
    );
  });

  it('is beyond a key where there is no end', () => {
    fc.assert(
      fc.property(text, (low) => {
        const middle = between(low, null);
        expect(middle === null || compareKeys(low, middle) < 0).toBe(true);
      }),
    );
    expect(between('img/0001', null)).toBe('t');
  });

  it.each([
    ['a', 'c', 'b'],
    ['img/0', 'img/4', 'img/2'],
    ['a9', 'b1', 'a\\'],
    ['a', 'a', null],
    ['', 'b', '0'],
  ])('of %s and %s is %s', (low, high, middle) => {
    expect(between(low, high)).toBe(middle);
  });
});

/** A store with these keys, and how many requests it was sent. */
function store(keys: string[]) {
  const sorted = [...keys].sort(compareKeys);
  const asked = { pages: 0 };
  const list = ({ after, maxKeys }: { after: string; maxKeys: number }) => {
    asked.pages += 1;
    const rest = sorted.filter((key) => after === '' || compareKeys(key, after) > 0);
    const objects = rest
      .slice(0, maxKeys)
      .map((key) => ({ key, size: 1, etag: 'e', lastModified: new Date(0) }));
    return Promise.resolve({ objects, truncated: rest.length > maxKeys });
  };
  return { sorted, asked, list };
}

describe('a cut', () => {
  const numbered = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(6, '0')}`);

  it.each([
    ['numbers below one folder', numbered('images/2024/', 20_000)],
    ['two folders of unlike size', [...numbered('a/', 200), ...numbered('b/', 20_000)]],
    ['digests', Array.from({ length: 5000 }, (_, index) => ((index * 2654435761) >>> 0).toString(16))],
    ['names beyond ASCII', numbered('fotos/ä/日本/', 5000)],
  ])('leaves enough on either side, without listing: %s', async (_, keys) => {
    const { list, sorted, asked } = store(keys);
    const at = await findCut(list, { after: '', until: null }, 100);
    const left = sorted.filter((key) => compareKeys(key, at ?? '') <= 0).length;
    expect(left).toBeGreaterThan(100);
    expect(sorted.length - left).toBeGreaterThanOrEqual(99);
    expect(asked.pages).toBeLessThan(120);
  });

  it('is within its range', async () => {
    const { list } = store(numbered('', 10_000));
    const at = await findCut(list, { after: '001000', until: '003000' }, 100);
    expect(at !== null && at > '001100' && at < '003000').toBe(true);
  });

  it('is none where too few keys are left to share', async () => {
    expect(await findCut(store(numbered('', 99)).list, { after: '', until: null }, 100)).toBeNull();
    expect(await findCut(store(numbered('', 150)).list, { after: '', until: null }, 100)).toBeNull();
    expect(await findCut(store([]).list, { after: '', until: null }, 100)).toBeNull();
  });
});
