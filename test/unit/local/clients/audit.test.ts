import { describe, expect, test } from 'vitest';
import { auditHistory, type KeptConflict } from '../../../../scripts/local/clients/audit.ts';
import type { JournalLine } from '../../../../scripts/local/clients/journal.ts';
import type { Value } from '../../../../scripts/local/clients/model.ts';
import type { StragglerOperation } from '../../../../scripts/local/clients/straggler-plan.ts';
import { World } from '../../../../scripts/local/clients/world.ts';

const MANIFEST = ['a', 'b', 'c', 'reserved'].map((key) => ({
  move: 'images',
  key,
  etag: `${key}1`,
  size: 1,
}));
const JOURNAL: JournalLine[] = [
  {
    type: 'intent',
    id: 1,
    at: 1,
    move: 'images',
    writes: [{ key: 'a', value: { etag: 'a2', size: 1, mark: 'w1' } }],
  },
  { type: 'ack', id: 1, at: 2, ambiguous: false },
  { type: 'intent', id: 2, at: 3, move: 'images', writes: [{ key: 'b', value: null }] },
  { type: 'ack', id: 2, at: 4, ambiguous: false },
];
const RIGHT: Record<string, Value> = {
  a: { etag: 'a2', size: 1, mark: 'w1' },
  c: { etag: 'c1', size: 1 },
  reserved: { etag: 'reserved1', size: 1 },
};

async function audit(
  store: Record<string, Value>,
  straggler: StragglerOperation[] = [],
  conflicts: KeptConflict[] = [],
) {
  const { world } = await World.rebuild(MANIFEST, JOURNAL, { now: 0, quietMs: 0 });
  return auditHistory(world, straggler, new Map([['images', new Map(Object.entries(store))]]), conflicts);
}

describe('what clients wrote', () => {
  test('all of it is there', async () => {
    expect(await audit(RIGHT)).toMatchObject({
      checked: 4,
      lost: 0,
      resurrected: 0,
      wrong: 0,
      unexpected: 0,
      findings: [],
    });
  });

  test.each<[string, Record<string, Value | undefined>, string, string]>([
    ['an acknowledged write that is not there', { a: undefined }, 'lost', 'a'],
    ['an acknowledged write that was put back', { a: { etag: 'a1', size: 1 } }, 'lost', 'a'],
    ['a seeded object that is gone', { c: undefined }, 'lost', 'c'],
    ['a deleted object that came back', { b: { etag: 'b1', size: 1 } }, 'resurrected', 'b'],
    ['a torn object', { c: { etag: 'torn', size: 1 } }, 'wrong', 'c'],
    ['bytes that are not what the ETag says', { c: { etag: 'c1', size: 1, md5: 'torn' } }, 'wrong', 'c'],
    [
      'the right bytes with the metadata of another write',
      { a: { etag: 'a2', size: 1, mark: 'w0' } },
      'wrong',
      'a',
    ],
    ['an object that nobody wrote', { strange: { etag: 's', size: 1 } }, 'unexpected', 'strange'],
  ])('%s is found', async (_, change, kind, key) => {
    const store = Object.entries({ ...RIGHT, ...change }).filter(([, value]) => value !== undefined);
    const { findings } = await audit(Object.fromEntries(store) as Record<string, Value>);
    expect(findings).toEqual([expect.objectContaining({ kind, key })]);
  });

  test('the migration’s own canary is nobody’s', async () => {
    expect((await audit({ ...RIGHT, '.migration/canary': { etag: 'x', size: 1 } })).findings).toEqual([]);
  });
});

describe('what the straggler wrote', () => {
  const operation = (given: Partial<StragglerOperation>): StragglerOperation => ({
    id: 0,
    kind: 'overwrite',
    move: 'images',
    key: 'reserved',
    stage: 'after',
    etag: 'late',
    size: 7,
    outcome: 'acknowledged',
    ...given,
  });
  const kept = (given: Partial<KeptConflict>): KeptConflict => ({
    move: 'images',
    key: 'reserved',
    kind: 'put',
    sourceEtag: 'late',
    quarantined: { etag: 'late', size: 7, md5: 'late' },
    ...given,
  });

  test('is applied', async () => {
    const store = { ...RIGHT, 'straggler/1': { etag: 'late', size: 7 } };
    const result = await audit(store, [operation({ kind: 'new', key: 'straggler/1' })]);
    expect(result).toMatchObject({ straggler: { writes: 1, applied: 1 }, findings: [] });
  });

  test('is a conflict whose bytes are in quarantine', async () => {
    const result = await audit(RIGHT, [operation({})], [kept({})]);
    expect(result).toMatchObject({ straggler: { writes: 1, conflicts: 1 }, findings: [] });
  });

  test('is superseded by a later write of its own', async () => {
    const result = await audit(RIGHT, [operation({ etag: 'first' }), operation({ id: 1 })], [kept({})]);
    expect(result).toMatchObject({ straggler: { writes: 2, superseded: 1, conflicts: 1 }, findings: [] });
  });

  test.each<[string, KeptConflict[]]>([
    ['no conflict', []],
    ['a conflict without bytes', [kept({ quarantined: null })]],
    ['a conflict with other bytes', [kept({ quarantined: { etag: 'late', size: 7, md5: 'other' } })]],
    ['a conflict of another write', [kept({ sourceEtag: 'another' })]],
  ])('is reported when there is %s', async (_, conflicts) => {
    const result = await audit(RIGHT, [operation({})], conflicts);
    expect(result.straggler.unaccounted).toBe(1);
    expect(result.findings).toEqual([expect.objectContaining({ kind: 'straggler', key: 'reserved' })]);
  });

  test('a delete is applied, or a conflict of its own', async () => {
    const deletion = operation({ kind: 'delete', etag: null, size: 0 });
    expect(
      (await audit(RIGHT, [deletion], [kept({ kind: 'delete', sourceEtag: null, quarantined: null })]))
        .findings,
    ).toEqual([]);
    expect((await audit(RIGHT, [deletion])).straggler.unaccounted).toBe(1);
    const without = { ...RIGHT };
    delete without['reserved'];
    expect((await audit(without, [deletion])).straggler.applied).toBe(1);
  });

  test('an object that it never deleted may not be gone', async () => {
    const without = { ...RIGHT };
    delete without['reserved'];
    const { findings } = await audit(without, [operation({})], [kept({})]);
    expect(findings).toEqual([expect.objectContaining({ kind: 'lost', key: 'reserved' })]);
  });

  test('what was refused is owed nothing', async () => {
    expect((await audit(RIGHT, [operation({ outcome: 'refused' })])).straggler.writes).toBe(0);
  });
});
