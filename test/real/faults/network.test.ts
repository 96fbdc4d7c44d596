import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countClaims } from '../../../scripts/ledger/claims.ts';
import { replayLag } from '../../../scripts/ledger/operations.ts';
import { runReplay } from '../../../scripts/move/replay/worker.ts';
import {
  Bed,
  brief,
  every,
  isListing,
  isRead,
  isWrite,
  MIB,
  never,
  type Side,
  type Spoil,
} from './support.ts';

let bed: Bed;
beforeEach(async () => {
  bed = await Bed.open('faults');
});
afterEach(() => bed.close());

const NETWORKS: [string, Side, Spoil][] = [
  ['every answer is late', 'target', every(1, () => true, { kind: 'latency', ms: 40 })],
  ['bodies break off while they are read', 'source', every(7, isRead, { kind: 'answer-cut', bytes: 700 })],
  [
    'long bodies break off late',
    'source',
    every(5, (request) => isRead(request) && request.path.endsWith('big'), {
      kind: 'answer-cut',
      bytes: 4 * MIB,
    }),
  ],
  ['bodies break off while they are sent', 'target', every(7, isWrite, { kind: 'request-cut', bytes: 700 })],
  ['writes happen and nobody says so', 'target', every(9, isWrite, { kind: 'answer-lost' })],
  ['the target says SlowDown to every third', 'target', every(3, () => true, { kind: 'slow-down' })],
  ['the source says SlowDown to every third', 'source', every(3, () => true, { kind: 'slow-down' })],
  ['pages of the listing break off', 'source', every(2, isListing, { kind: 'answer-cut', bytes: 900 })],
  [
    "pages of the target's listing break off",
    'target',
    every(2, isListing, { kind: 'answer-cut', bytes: 90 }),
  ],
];

describe.each(NETWORKS)('%s', (_name, side, fault) => {
  it('sync loses nothing', async () => {
    const { environment, proxy } = await bed.through(side, fault);
    await bed.sync(brief(environment));
    expect(Object.values(proxy.spoiled).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    await bed.expectEqualSides();
  });

  it('replay loses nothing', async () => {
    const { environment } = await bed.through(side, fault);
    await bed.logAll();
    await runReplay(brief(environment), { follow: false, concurrency: 8, stop: never });
    expect((await replayLag(bed.scratch.ledger)).operations).toBe(0);
    await bed.expectEqualSides();
  });
});

describe('a burst in which the store refuses everything', () => {
  it('is waited out', async () => {
    let refusals = 0;
    const { environment } = await bed.through('target', ({ method }) =>
      method === 'PUT' && (refusals += 1) < 100 ? { kind: 'slow-down' } : null,
    );
    await bed.sync(brief(environment));
    expect(refusals).toBeGreaterThan(100);
    await bed.expectEqualSides();
  });
});

describe('a listing that fails on its third page', () => {
  it('deletes nothing, and the next run completes', async () => {
    const { keys, target, scratch } = bed;
    const { ledger, targetBucket } = scratch;
    for (const key of keys) {
      const body = Buffer.from('an old copy, and nothing must take it away');
      await target.put(targetBucket, key, body);
    }
    let pages = 0;
    let broken = true;
    const { environment, proxy } = await bed.through('source', (request) =>
      broken && isListing(request) && (pages += 1) >= 3 ? { kind: 'slow-down' } : null,
    );
    // Pages of so few keys, and a worker that puts up with trouble for no longer than that.
    const impatient = {
      ...brief(environment),
      sync: { ...environment.sync, keysPerShard: 20, backoffSeconds: 1 },
    };
    const failing = bed.sync(impatient);
    await expect(failing).rejects.toThrow(/SlowDown|trouble/);
    expect(proxy.spoiled['slow-down']).toBeGreaterThan(0);
    const there: string[] = [];
    for await (const { key } of target.list(targetBucket)) there.push(key);
    expect(there).toEqual(keys.toSorted());
    expect(await countClaims(ledger, 3600)).toBe(0);
    broken = false;
    await bed.sync(impatient);
    await bed.expectEqualSides();
  });
});
