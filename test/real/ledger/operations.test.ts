import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { openLedger, transaction } from '../../../scripts/ledger/connect.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import {
  appendOperations,
  commitHorizon,
  isDuplicate,
  lastCanary,
  openKeys,
  openOperations,
  replayLag,
  retireOperations,
  touchedSince,
  type NewOperation,
} from '../../../scripts/ledger/operations.ts';
import { claimKey } from '../../../scripts/ledger/claims.ts';
import { recordFailure } from '../../../scripts/ledger/failures.ts';
import { migrateLedger } from '../../../scripts/ledger/migrations.ts';
import { realServices } from '../../support/real.ts';

const put = (key: string, change: Partial<NewOperation> = {}): NewOperation => ({
  move: 'images',
  key,
  kind: 'put',
  eventName: 'ObjectCreated:Put',
  eventSource: 'ceph:s3',
  ...change,
});

describe('the operation log', () => {
  let ledger: Pool;
  let environment: Environment;

  beforeAll(async () => {
    ({ ledger, environment } = await (await realServices()).scratch('operations'));
  });
  beforeEach(() => ledger.query('TRUNCATE operation, claim, failed_key'));
  afterAll(() => ledger.end());

  it('is migrated once', async () => {
    expect(await migrateLedger(ledger)).toEqual([]);
  });

  it('hands out the oldest keys first, each once', async () => {
    await appendOperations(ledger, [put('b', { sequencer: '1' }), put('a'), put('b', { sequencer: '2' })]);
    const keys = await openKeys(ledger, { limit: 10 });
    expect(keys).toEqual([
      { move: 'images', key: 'b' },
      { move: 'images', key: 'a' },
    ]);
    expect((await openKeys(ledger, { limit: 1 })).map(({ key }) => key)).toEqual(['b']);
  });

  it('finds the oldest without reading all that are open', async () => {
    await appendOperations(
      ledger,
      Array.from({ length: 5000 }, (_, index) => put(`k/${index}`)),
    );
    const asReplay = openLedger(environment.ledger, { inOrder: true });
    const read = await transaction(asReplay, async (client) => {
      expect(await openKeys(client, { limit: 2 })).toHaveLength(2);
      const { rows } = await client.query<{ tuples: number }>(
        `SELECT sum(seq_tup_read + idx_tup_fetch)::int AS tuples
         FROM pg_stat_xact_user_tables WHERE relname LIKE 'operation%'`,
      );
      return rows[0]?.tuples;
    });
    await asReplay.end();
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(100);
  });

  it('looks for work without compiling a statement, which would take longer than the work', async () => {
    const asReplay = openLedger(environment.ledger, { inOrder: true });
    // As expensive in the planner's eyes as replay's search, whose sort is disabled.
    const { rows } = await asReplay.query<{ 'QUERY PLAN': [{ JIT?: object }] }>(
      'EXPLAIN (ANALYZE, FORMAT JSON) SELECT key, min(position) FROM operation GROUP BY key ORDER BY min(position)',
    );
    await asReplay.end();
    expect(rows[0]?.['QUERY PLAN'][0]).not.toHaveProperty('JIT');
  });

  it('leaves out a key that somebody works on, and one that failed a moment ago', async () => {
    await appendOperations(ledger, [put('claimed'), put('failed'), put('free')]);
    const claim = { move: 'images', owner: 'x', epoch: 1n, leaseSeconds: 60, requestSeconds: 0 };
    await claimKey(ledger, { ...claim, key: 'claimed' });
    await recordFailure(ledger, { move: 'images', key: 'failed', stage: 'replay', reason: 'why' });
    expect((await openKeys(ledger, { limit: 10 })).map(({ key }) => key)).toEqual(['free']);
  });

  it('retires exactly what was read, not what came in between', async () => {
    await appendOperations(ledger, [put('k')]);
    const read = await openOperations(ledger, 'images', 'k');
    await appendOperations(ledger, [put('k', { etag: 'newer' })]);
    await retireOperations(
      ledger,
      'images',
      'k',
      read.map((operation) => operation.position),
      'copied',
    );
    expect((await openOperations(ledger, 'images', 'k')).map((operation) => operation.etag)).toEqual([
      'newer',
    ]);
    expect((await replayLag(ledger)).operations).toBe(1);
  });

  it('has a horizon that an uncommitted operation stays above, though its position is lower', async () => {
    const slow = await ledger.connect();
    await slow.query('BEGIN');
    await appendOperations(slow, [put('slow')]);
    await appendOperations(ledger, [put('quick')]);
    const horizon = await commitHorizon(ledger);
    await slow.query('COMMIT');
    slow.release();
    // A maximal position taken in between would have covered "slow" without anybody having seen it.
    expect(await touchedSince(ledger, 'images', horizon)).toEqual(['quick', 'slow']);
    expect(await touchedSince(ledger, 'images', await commitHorizon(ledger))).toEqual([]);
  });

  it('keeps the canary apart: never work for replay, never a touched key', async () => {
    const horizon = await commitHorizon(ledger);
    await appendOperations(ledger, [put('.migration/canary', { kind: 'canary', etag: 'nonce' })]);
    expect(await openKeys(ledger, { limit: 10 })).toEqual([]);
    expect(await touchedSince(ledger, 'images', horizon)).toEqual([]);
    expect(await lastCanary(ledger, 'images')).toMatchObject({ etag: 'nonce' });
    expect(await replayLag(ledger)).toEqual({ operations: 0, seconds: 0 });
  });

  it('knows an event that was delivered twice by its sequencer', async () => {
    await appendOperations(ledger, [put('k', { sequencer: '7' }), put('k', { sequencer: '7' }), put('k')]);
    const [first, second, third] = await openOperations(ledger, 'images', 'k');
    expect(await isDuplicate(ledger, 'images', 'k', first!.sequencer, first!.position)).toBe(false);
    expect(await isDuplicate(ledger, 'images', 'k', second!.sequencer, second!.position)).toBe(true);
    expect(await isDuplicate(ledger, 'images', 'k', third!.sequencer, third!.position)).toBe(false);
  });
});
