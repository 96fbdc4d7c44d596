import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { allowDeletes } from '../../../../scripts/ledger/deletes.ts';
import { appendOperations } from '../../../../scripts/ledger/operations.ts';
import { startSyncRun } from '../../../../scripts/ledger/shards.ts';
import { DeleteBudget, mostDeletes } from '../../../../scripts/move/sync/delete-budget.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';

const move = { name: 'm', sourceBucket: 'here', targetCluster: 'images', targetBucket: 'there' };

/** A store that lists these keys. */
function storeOf(keys: string[]) {
  const sorted = keys.toSorted();
  const pages = { asked: 0 };
  return {
    pages,
    listPage(_: string, { after = '', maxKeys = 1000 }: { after?: string; maxKeys?: number }) {
      pages.asked += 1;
      const rest = sorted.filter((key) => key > after);
      const objects = rest.slice(0, maxKeys).map((key) => ({ key, size: 1, etag: 'e' }));
      return Promise.resolve({ objects, truncated: rest.length > maxKeys } as never);
    },
  };
}
const numbered = (count: number, prefix = 'k'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(6, '0')}`);

let opened: { ledger: Pool; close: () => Promise<void> };
let run: bigint;
beforeAll(async () => {
  opened = await openEmbeddedLedger();
}, EMBEDDED_LIMIT_MS);
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.ledger.query('DELETE FROM operation');
  run = await startSyncRun(opened.ledger, 'm');
});

function budgetOf(source: string[], target: string[], captured = false) {
  const { ledger } = opened;
  return new DeleteBudget({ ledger, move, run, source: storeOf(source), target: storeOf(target), captured });
}

/** How many of these deletions are let through, and what the others are told. */
async function ask(budget: DeleteBudget, keys: string[]): Promise<{ made: number; refused: string[] }> {
  const refused = new Set<string>();
  let made = 0;
  for (const key of keys) {
    await budget.mayDelete(key).then(
      () => (made += 1),
      (error: unknown) => refused.add((error as Error).message),
    );
  }
  return { made, refused: [...refused] };
}

const refusal = (would: string, holds: string, most: number) =>
  `Sync of m would delete ${would} objects at the target there, and no event says that they were removed from here, which ${holds}: ${most} may go. ` +
  'Is it the right bucket, and whole? Nothing more was deleted. If they are to go: migrate sync --delete-at-most N';

describe('sync deletes nothing', () => {
  it('where the source is empty', async () => {
    const target = numbered(1000);
    expect(await ask(budgetOf([], target), target.slice(0, 3))).toEqual({
      made: 0,
      refused: [refusal('more than 0', 'is empty', 0)],
    });
  });

  it('where the source holds nothing but the keys of the migration', async () => {
    const asked = await ask(budgetOf(['.migration/canary'], ['a']), ['a']);
    expect(asked).toEqual({ made: 0, refused: [refusal('more than 0', 'is empty', 0)] });
  });

  it('where the source has shrunk by more than a tenth, before the first deletion', async () => {
    const target = numbered(1000);
    const asked = await ask(budgetOf(target.slice(0, 800), target), target.slice(800, 803));
    expect(asked).toEqual({ made: 0, refused: [refusal('at least 200', 'holds 800 objects', 100)] });
  });

  it('where more would go than the source holds', async () => {
    const target = [...numbered(4), 'x', 'y', 'z', 'zz', 'zzz'];
    const asked = await ask(budgetOf(numbered(4), target), ['x']);
    expect(asked).toEqual({ made: 0, refused: [refusal('at least 5', 'holds 4 objects', 4)] });
  });
});

it('deletes what is a small part of the source', async () => {
  const target = [...numbered(40), 'x', 'y'];
  expect(await ask(budgetOf(numbered(40), target), ['x', 'y'])).toEqual({ made: 2, refused: [] });
});

it('of a big source deletes a tenth and no more, all workers together, and lists only what it must', async () => {
  const source = storeOf(numbered(5000));
  const target = storeOf(numbered(2000, 'a'));
  const options = { ledger: opened.ledger, move, run, source, target, captured: false };
  const workers = [new DeleteBudget(options), new DeleteBudget(options)];
  const crowd = (worker: number, keys: string[]) =>
    Promise.all(keys.map((key) => (workers[worker] as DeleteBudget).mayDelete(key)));
  await crowd(0, numbered(300, 'a'));
  await crowd(1, numbered(200, 'b'));
  expect(source.pages.asked).toBeLessThanOrEqual(13);
  const message = refusal('more than 500', 'holds 5000 objects', 500);
  await expect(crowd(0, numbered(2, 'c'))).rejects.toThrow(message);
});

it('does not count what the log says was removed, by a client or by a rule', async () => {
  const event = { move: 'm', eventName: 'x', eventSource: 'aws:s3' as const };
  const removed = numbered(50, 'r');
  await appendOperations(
    opened.ledger,
    removed.map((key, index) => ({ ...event, key, kind: index % 2 === 0 ? 'delete' : 'expire' })),
  );
  const budget = budgetOf(['a'], [...removed, 'a', 'x', 'y']);
  expect(await ask(budget, removed)).toEqual({ made: 50, refused: [] });
  expect(await ask(budget, ['x'])).toEqual({
    made: 0,
    refused: [refusal('at least 2', 'holds 1 objects', 1)],
  });
});

it('deletes as many as somebody has allowed, of an empty source too', async () => {
  await allowDeletes(opened.ledger, run, 3);
  const target = numbered(4);
  expect(await ask(budgetOf([], target), target)).toEqual({
    made: 3,
    refused: [refusal('more than 3', 'is empty', 3)],
  });
});

it('where changes are captured, events of the last deletions may be on their way', () => {
  expect([mostDeletes(0, true), mostDeletes(0, false)]).toEqual([10, 0]);
  expect([50, 1000, 1_000_000].map((objects) => mostDeletes(objects, false))).toEqual([50, 100, 100_000]);
});
