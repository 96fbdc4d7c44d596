import { expect, test } from 'vitest';
import { ownerOf } from '../../../../scripts/local/clients/ownership.ts';
import { mayBegin, planStraggler, readOperations } from '../../../../scripts/local/clients/straggler-plan.ts';

const MANIFEST = Array.from({ length: 1000 }, (_, number) => ({
  move: 'images',
  key: `images/2026/${number}.jpg`,
  etag: 'e',
  size: number === 0 ? 5_000_000 : 1000,
}));

test('keys that exist are taken only from those that the fleet leaves alone, each once', () => {
  const planned = planStraggler(MANIFEST, 12);
  expect(planned.map(({ kind }) => kind).slice(0, 8)).toEqual([
    'new',
    'overwrite',
    'new',
    'overwrite',
    'new',
    'overwrite',
    'again',
    'delete',
  ]);
  const existing = planned
    .filter(({ kind }) => kind === 'overwrite' || kind === 'delete')
    .map(({ key }) => key);
  expect(existing.length).toBeGreaterThan(3);
  expect(new Set(existing).size).toBe(existing.length);
  for (const { move, key } of planned) expect(ownerOf(move, key, 8)).toBe('straggler');
  expect(planned[6]?.key).toBe(planned[0]?.key);
});

test('without keys of its own it only makes new ones', () => {
  const kinds = new Set(planStraggler([], 5).map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['new']));
});

test('operations are spread: some before, some in the hold, the others evenly after the turn', () => {
  const quota = { before: 2, during: 2 };
  const begun = (stage: 'before' | 'during' | 'after', sinceTurnMs: number): number => {
    let done = 0;
    while (done < 12 && mayBegin({ done, planned: 12, stage, sinceTurnMs }, quota, 4000)) done++;
    return done;
  };
  expect([
    begun('before', 0),
    begun('during', 0),
    begun('after', 1),
    begun('after', 2000),
    begun('after', 4000),
  ]).toEqual([2, 4, 5, 8, 12]);
});

test('an operation that was begun and never answered is unknown', () => {
  const intent = {
    kind: 'new',
    move: 'images',
    key: 'straggler/1',
    stage: 'after',
    etag: 'e',
    size: 1,
  } as const;
  const operations = readOperations([
    { type: 'intent', id: 0, at: '', ...intent },
    { type: 'ack', id: 0, at: '', stage: 'after' },
    { type: 'intent', id: 1, at: '', ...intent },
  ]);
  expect(operations.map(({ outcome }) => outcome)).toEqual(['acknowledged', 'unknown']);
});
