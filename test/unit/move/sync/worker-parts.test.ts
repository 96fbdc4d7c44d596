import { describe, expect, it } from 'vitest';
import { recordFailure } from '../../../../scripts/ledger/failures.ts';
import { appendOperations } from '../../../../scripts/ledger/operations.ts';
import { Concurrency } from '../../../../scripts/move/sync/concurrency.ts';
import { shardPreference } from '../../../../scripts/move/sync/preference.ts';
import { RateLimiter } from '../../../../scripts/move/sync/rate-limiter.ts';
import { TaskPool } from '../../../../scripts/move/sync/task-pool.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the pool', () => {
  it('never works on more than its limit, and does all', async () => {
    let now = 0;
    let most = 0;
    const pool = new TaskPool(() => 2);
    const done: number[] = [];
    for (const name of [1, 2, 3, 4, 5]) {
      pool.add(async () => {
        most = Math.max(most, (now += 1));
        await turn();
        now -= 1;
        done.push(name);
      });
    }
    await pool.drained();
    expect([most, done.sort()]).toEqual([2, [1, 2, 3, 4, 5]]);
  });

  it('follows a limit that changes', async () => {
    let limit = 1;
    let now = 0;
    const pool = new TaskPool(() => limit);
    const release: (() => void)[] = [];
    for (let count = 0; count < 6; count += 1) {
      pool.add(async () => {
        now += 1;
        await new Promise<void>((resolve) => release.push(resolve));
        now -= 1;
      });
    }
    expect(now).toBe(1);
    limit = 3;
    release.shift()?.();
    await turn();
    expect(now).toBe(3);
    limit = 1;
    release.shift()?.();
    await turn();
    expect(now).toBe(2);
    pool.stop();
    for (const each of release) each();
    await pool.drained();
    expect(now).toBe(0);
  });

  it('is hungry when fewer tasks wait than it works on at once', async () => {
    const pool = new TaskPool(() => 2);
    const release: (() => void)[] = [];
    for (let count = 0; count < 4; count += 1) {
      pool.add(() => new Promise<void>((resolve) => release.push(resolve)));
    }
    let hungry = false;
    const asked = pool.hungry().then(() => (hungry = true));
    await turn();
    expect(hungry).toBe(false);
    release.shift()?.();
    await asked;
    expect(hungry).toBe(true);
    pool.stop();
    for (const each of release) each();
  });

  it('ends with the first error, after what is in work', async () => {
    const pool = new TaskPool(() => 2);
    const ended: string[] = [];
    pool.add(() => Promise.reject(new Error('first')));
    pool.add(async () => {
      await turn();
      ended.push('second');
    });
    pool.add(async () => {
      ended.push('third');
      await turn();
    });
    await pool.drained();
    expect(() => pool.throwIfFailed()).toThrow('first');
    expect(ended).toEqual(['second']);
  });

  it('takes nothing more once it is stopped', async () => {
    const pool = new TaskPool(() => 1);
    const seen: number[] = [];
    for (const name of [1, 2]) {
      pool.add(async () => {
        seen.push(name);
        await turn();
      });
    }
    pool.stop();
    await pool.hungry();
    await pool.drained();
    expect(seen).toEqual([1]);
  });
});

describe('concurrency', () => {
  it('halves when a store says that it is too much, and grows back by one a round', () => {
    let now = 0;
    const concurrency = new Concurrency(32, () => now);
    concurrency.congested();
    expect(concurrency.limit).toBe(16);
    for (let count = 0; count < 15; count += 1) concurrency.succeeded();
    expect(concurrency.limit).toBe(16);
    concurrency.succeeded();
    expect(concurrency.limit).toBe(17);
    now = 1000;
    concurrency.congested();
    expect(concurrency.limit).toBe(8);
    for (let count = 0; count < 10_000; count += 1) concurrency.succeeded();
    expect(concurrency.limit).toBe(32);
  });

  it('takes what requests of one moment say for one congestion', () => {
    let now = 0;
    const concurrency = new Concurrency(32, () => now);
    for (let count = 0; count < 32; count += 1) concurrency.congested();
    expect(concurrency.limit).toBe(16);
    now = 999;
    concurrency.congested();
    expect(concurrency.limit).toBe(16);
  });

  it('never comes to nothing', () => {
    let now = 0;
    const concurrency = new Concurrency(4, () => now);
    for (let count = 0; count < 20; count += 1) {
      now += 1000;
      concurrency.congested();
    }
    expect(concurrency.limit).toBe(1);
    concurrency.succeeded();
    expect(concurrency.limit).toBe(2);
  });
});

describe('a copy beside a replay that is behind', () => {
  const limiter = (most = 32) => new RateLimiter(new Concurrency(most), new AbortController().signal, 60);

  it('works on half as many objects at each look, down to an eighth, and on all again when it has caught up', () => {
    const yielding = limiter();
    const { concurrency } = yielding;
    const limits = [30, 31, 31, 31, 31, 20, 14, 14, 14, 14].map((behindSeconds) => {
      yielding.yieldTo(behindSeconds);
      return concurrency.limit;
    });
    expect(limits).toEqual([32, 16, 8, 4, 4, 4, 8, 16, 32, 32]);
  });

  it('works on one object at least', () => {
    const yielding = limiter(2);
    for (const behindSeconds of [100, 100, 100]) yielding.yieldTo(behindSeconds);
    expect(yielding.concurrency.limit).toBe(1);
  });

  it(
    'learns from the ledger how far replay is behind; a key that keeps failing does not count',
    async () => {
      const { ledger, close } = await openEmbeddedLedger();
      try {
        const operation = { move: 'images', kind: 'put', eventName: 'e', eventSource: 'aws:s3' } as const;
        await appendOperations(ledger, [
          { ...operation, key: 'fails' },
          { ...operation, key: 'waits' },
        ]);
        await ledger.query(
          `UPDATE operation SET received_at = clock_timestamp() - make_interval(secs => CASE key WHEN 'fails' THEN 500 ELSE 50 END)`,
        );
        await recordFailure(ledger, { move: 'images', key: 'fails', stage: 'replay', reason: 'r' });
        expect(await limiter().read(ledger)).toBeCloseTo(50, 0);
        await ledger.query('UPDATE operation SET retired_at = clock_timestamp()');
        expect(await limiter().read(ledger)).toBe(0);
      } finally {
        await close();
      }
    },
    EMBEDDED_LIMIT_MS,
  );
});

describe('the shards that a worker prefers', () => {
  it('are given by --shard, else by what an Indexed Job sets', () => {
    expect(shardPreference('1/4', {})).toEqual({ index: 1, count: 4 });
    const variables = { JOB_COMPLETION_INDEX: '2', MIGRATE_WORKERS: '10' };
    expect(shardPreference(undefined, variables)).toEqual({ index: 2, count: 10 });
    expect(shardPreference('0/2', variables)).toEqual({ index: 0, count: 2 });
    expect(shardPreference(undefined, {})).toBeUndefined();
    expect(shardPreference(undefined, { JOB_COMPLETION_INDEX: '2' })).toBeUndefined();
  });

  it.each(['4/4', '-1/4', '1', '1/0', 'a/b'])('are not %s', (shard) => {
    expect(() => shardPreference(shard, {})).toThrow('it should be i/n with i from 0 below n');
  });
});
