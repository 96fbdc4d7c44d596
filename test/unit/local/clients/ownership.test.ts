import { expect, test } from 'vitest';
import { ownerOf, uploadsOf } from '../../../../scripts/local/clients/ownership.ts';

test('every key has exactly one owner, and all clients get about as many', () => {
  const counts = new Map<unknown, number>();
  for (let number = 0; number < 8000; number++) {
    const owner = ownerOf('images', `images/2026/${number}.jpg`, 8);
    counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  expect(counts.size).toBe(9);
  for (let client = 0; client < 8; client++) expect(counts.get(client)).toBeGreaterThan(800);
  expect(counts.get('straggler')).toBeGreaterThan(40);
});

test('prefixes decide before the hash', () => {
  expect(ownerOf('images', `${uploadsOf(3)}x.jpg`, 8)).toBe(3);
  expect(ownerOf('images', 'straggler/late.jpg', 8)).toBe('straggler');
  expect(ownerOf('images', '.migration/canary', 8)).toBe('nobody');
});
