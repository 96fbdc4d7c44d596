import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { appendOperations } from '../../../../scripts/ledger/operations.ts';
import { runStep } from '../../../../scripts/move/steps/steps.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

let ledger: Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, close } = await openEmbeddedLedger());
}, EMBEDDED_LIMIT_MS);
beforeEach(() => ledger.query('TRUNCATE operation'));
afterAll(() => close());

/** Passes the gate that wants replay under a second behind; who died keeps its keys for another second. */
async function passGate(said: string[]): Promise<void> {
  const environment = exampleEnvironment();
  Object.assign(environment.bounds, { lagSeconds: 1, leaseSeconds: 0.5, requestSeconds: 0.5 });
  const lock = { isHeld: () => true, release: () => undefined } as never;
  const say = (line: string) => said.push(line);
  await runStep({ environment, ledger, lock, now: () => new Date(), say }, 'lag-bounded');
}

/** An operation that was received a minute ago. */
async function oldOperation(): Promise<void> {
  await appendOperations(ledger, [
    { move: 'images', key: 'k', kind: 'put', eventName: 'ObjectCreated:Put', eventSource: 'ceph:s3' },
  ]);
  await ledger.query(`UPDATE operation SET received_at = clock_timestamp() - interval '1 minute'`);
}

test('replay that is behind for a moment is waited for', async () => {
  await oldOperation();
  const said: string[] = [];
  const passed = passGate(said);
  await expect.poll(() => said).toEqual(['  waits for replay, which is 60 s behind']);
  await ledger.query(`UPDATE operation SET retired_at = clock_timestamp(), outcome = 'copied'`);
  await passed;
});

test('replay that does not catch up is refused', async () => {
  await oldOperation();
  await expect(passGate([])).rejects.toThrow(
    /Refused; nothing was changed[^]*replay is 6\d\.\d s behind \(1 operations\); it must be under 1 s/,
  );
});

test('replay that is not behind passes at once', async () => {
  const said: string[] = [];
  await passGate(said);
  expect(said).toEqual([]);
});
