import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertLedgerIsCurrent, mirrorEpoch } from '../../../scripts/move/common/epoch-mirror.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import { realServices, type Scratch } from '../../support/real.ts';

/** All moves to a cluster share this bucket: what the local environment keeps there is put back. */
const PLACE = ['migration-quarantine', '.migration/epoch'] as const;

let scratch: Scratch;
let owners: StoreClient[];
let before: (Buffer | null)[];

beforeAll(async () => {
  scratch = await (await realServices()).scratch('epoch-mirror');
  const targets = Object.values(scratch.environment.targets);
  owners = await Promise.all(
    targets.map((target) => StoreClient.open(target, 'applications', { requestSeconds: 10 })),
  );
  before = await Promise.all(owners.map(read));
  await Promise.all(owners.map((owner) => owner.delete(...PLACE)));
});

afterAll(async () => {
  await Promise.all(
    owners.map(async (owner, index) => {
      const kept = before[index] ?? null;
      await (kept === null ? owner.delete(...PLACE) : owner.put(...PLACE, kept));
      await owner.close();
    }),
  );
  await scratch.close();
});

async function read(owner: StoreClient): Promise<Buffer | null> {
  const found = await owner.get(...PLACE);
  return found === null ? null : Buffer.concat(await found.body.toArray());
}

const setEpoch = (epoch: number) => scratch.ledger.query('UPDATE move SET epoch = $1', [epoch]);

test('a ledger of an earlier epoch than the stores have seen is refused, and never mirrored over a later one', async () => {
  const { environment, ledger } = scratch;
  await assertLedgerIsCurrent(environment, ledger);
  await mirrorEpoch(environment, 2n);
  await setEpoch(2);
  await assertLedgerIsCurrent(environment, ledger);
  // Its turn is not carried out yet.
  await setEpoch(3);
  await assertLedgerIsCurrent(environment, ledger);
  await setEpoch(1);
  const restored = /The ledger is in epoch 1, and the stores have been in 2/;
  await expect(assertLedgerIsCurrent(environment, ledger)).rejects.toThrow(restored);
  await expect(mirrorEpoch(environment, 1n)).rejects.toThrow(restored);
});

test('one store that knows is enough, whichever it is', async () => {
  const { environment, ledger } = scratch;
  await setEpoch(1);
  await Promise.all(owners.map((owner) => owner.delete(...PLACE)));
  await expect(assertLedgerIsCurrent(environment, ledger)).rejects.toThrow('the stores have been in 2');
  await mirrorEpoch(environment, 2n);
  const source = await scratch.source('migration');
  await source.delete(scratch.sourceBucket, '.migration/epoch');
  await expect(assertLedgerIsCurrent(environment, ledger)).rejects.toThrow('the stores have been in 2');
});
