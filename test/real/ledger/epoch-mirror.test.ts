import { afterAll, beforeAll, expect, test } from 'vitest';
import { EPOCH_KEY, QUARANTINE_BUCKET, targetEpochKey } from '../../../scripts/contract/names.ts';
import { assertLedgerIsCurrent, mirrorEpoch } from '../../../scripts/move/common/epoch-mirror.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { realServices, type Scratch } from '../../support/real.ts';

let scratch: Scratch;
let owner: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('epoch-mirror');
  owner = await scratch.target('applications');
});
afterAll(async () => {
  await forgetAtTarget();
  await scratch.close();
});

const forgetAtTarget = () => owner.delete(QUARANTINE_BUCKET, targetEpochKey(scratch.targetBucket));
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
  await forgetAtTarget();
  await expect(assertLedgerIsCurrent(environment, ledger)).rejects.toThrow('the stores have been in 2');
  await mirrorEpoch(environment, 2n);
  const source = await scratch.source('migration');
  await source.delete(scratch.sourceBucket, EPOCH_KEY);
  await expect(assertLedgerIsCurrent(environment, ledger)).rejects.toThrow('the stores have been in 2');
});
