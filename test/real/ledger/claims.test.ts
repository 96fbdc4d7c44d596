import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  claimKey,
  claimRange,
  Claims,
  claimsStand,
  countClaims,
  LeaseLost,
  releaseClaims,
  type ClaimOptions,
} from '../../../scripts/ledger/claims.ts';
import { transaction } from '../../../scripts/ledger/connect.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { realServices } from '../../support/real.ts';

/** A lease so long that only the tests that want it to run out see it run out. */
const worker = (owner: string, change: Partial<ClaimOptions> = {}): ClaimOptions => ({
  move: 'images',
  owner,
  epoch: 1n,
  leaseSeconds: 60,
  requestSeconds: 0,
  ...change,
});

describe('claims', () => {
  let ledger: Pool;

  beforeAll(async () => {
    ({ ledger } = await (await realServices()).scratch('claims'));
  });
  afterAll(() => ledger.end());

  it('gives a key to one worker only', async () => {
    const first = await claimKey(ledger, { ...worker('a'), key: 'k\n1' });
    expect(first).toMatchObject({ move: 'images', epoch: 1n });
    expect(await claimKey(ledger, { ...worker('b'), key: 'k\n1' })).toBeNull();
    await releaseClaims(ledger, [first!]);
    expect(await claimKey(ledger, { ...worker('b'), key: 'k\n1' })).not.toBeNull();
    await ledger.query('DELETE FROM claim');
  });

  it('lets many try at once and only one win', async () => {
    const tries = await Promise.all(
      Array.from({ length: 8 }, (_, index) => claimKey(ledger, { ...worker(`w${index}`), key: 'contended' })),
    );
    expect(tries.filter((claim) => claim !== null)).toHaveLength(1);
    await ledger.query('DELETE FROM claim');
  });

  it('leaves out of a range the keys that replay holds, and names them', async () => {
    await claimKey(ledger, { ...worker('replay'), key: 'm' });
    const { claims, held } = await claimRange(ledger, { ...worker('sync'), after: 'a', until: 'z' });
    expect(held).toEqual(['m']);
    expect(claims).toHaveLength(2);
    // Inside the range nobody else gets a key; outside it everybody does.
    expect(await claimKey(ledger, { ...worker('replay'), key: 'b' })).toBeNull();
    expect(await claimKey(ledger, { ...worker('replay'), key: 'z' })).toBeNull();
    expect(await claimKey(ledger, { ...worker('replay'), key: 'a' })).not.toBeNull();
    expect(await claimKey(ledger, { ...worker('replay'), key: 'zz' })).not.toBeNull();
    await ledger.query('DELETE FROM claim');
  });

  it('holds a whole bucket, whose beginning and end are open', async () => {
    const { claims } = await claimRange(ledger, { ...worker('sync'), after: '', until: null });
    expect(claims).toHaveLength(1);
    expect(await claimKey(ledger, { ...worker('replay'), key: '\u{1F34E}' })).toBeNull();
    expect(await claimRange(ledger, { ...worker('other'), after: 'c', until: 'd' })).toEqual({
      claims: [],
      held: [],
    });
    await ledger.query('DELETE FROM claim');
  });

  it('is taken over only after the lease and the longest request', async () => {
    await claimKey(ledger, { ...worker('dead', { leaseSeconds: 0.2 }), key: 'k' });
    await sleep(300);
    // The lease is over; a request sent at its very end may still be under way.
    expect(await claimKey(ledger, { ...worker('next', { requestSeconds: 30 }), key: 'k' })).toBeNull();
    expect(await claimKey(ledger, { ...worker('next', { requestSeconds: 0.05 }), key: 'k' })).not.toBeNull();
    await ledger.query('DELETE FROM claim');
  });

  it('refuses a worker of another epoch', async () => {
    expect(await claimKey(ledger, { ...worker('old', { epoch: 0n }), key: 'k' })).toBeNull();
    expect(
      (await claimRange(ledger, { ...worker('old', { epoch: 0n }), after: '', until: null })).claims,
    ).toEqual([]);
    expect(await countClaims(ledger, 3600)).toBe(0);
  });

  it('is not taken for lost because others of its process are released while it is renewed', async () => {
    const claims = new Claims(ledger, { owner: 'busy', leaseSeconds: 1.5 });
    claims.start();
    const options = worker('busy', { leaseSeconds: 1.5 });
    const end = performance.now() + 3000;
    const churn = async (name: string) => {
      while (performance.now() < end) {
        const claim = await claimKey(ledger, { ...options, key: name });
        await releaseClaims(ledger, [claim!]);
      }
    };
    await Promise.all(['a', 'b', 'c', 'd'].map(churn));
    claims.assertLive();
    await claims.stop();
  });

  it('is kept alive while its process lives, and known to be lost when the ledger could not be told', async () => {
    const claims = new Claims(ledger, { owner: 'living', leaseSeconds: 0.6 });
    claims.start();
    const claim = await claimKey(ledger, { ...worker('living', { leaseSeconds: 0.6 }), key: 'k' });
    await sleep(1200);
    claims.assertLive();
    expect(await transaction(ledger, (client) => claimsStand(client, [claim!]))).toBe(true);
    await claims.stop();
    await sleep(700);
    expect(() => claims.assertLive()).toThrow(LeaseLost);
    expect(await transaction(ledger, (client) => claimsStand(client, [claim!]))).toBe(false);
  });
});
