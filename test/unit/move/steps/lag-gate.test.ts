import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { appendOperations } from '../../../../scripts/ledger/operations.ts';
import { describeBehind, describeTrend, waitForReplay } from '../../../../scripts/move/steps/replay-lag.ts';
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

test('replay that does not catch up is refused, with what to turn', async () => {
  await oldOperation();
  await expect(passGate([])).rejects.toThrow(
    /Refused; nothing was changed[^]*replay is 6\d\.\d s behind \(1 operations\); it must be under 1 s\. It is growing: more changes come than it handles: start another worker \(migrate replay --follow --concurrency 64\), or slow the bulk copy down \(migrate sync limit 100req\/s\)$/,
  );
});

test('a key that keeps failing is named as what holds replay up', async () => {
  await oldOperation();
  await ledger.query(
    `INSERT INTO failed_key (move, key, stage, reason, attempts) VALUES ('images', 'k', 'replay', 'r', 3)`,
  );
  try {
    await expect(passGate([])).rejects.toThrow(
      '1 keys fail again and again: see why with migrate failed, then migrate retry',
    );
  } finally {
    await ledger.query('TRUNCATE failed_key');
  }
});

test('waiting is given up where replay has not come nearer for as long as a dead worker may keep its keys', async () => {
  await oldOperation();
  const environment = exampleEnvironment();
  Object.assign(environment.bounds, { lagSeconds: 1, leaseSeconds: 0.5, requestSeconds: 0.5 });
  const say = () => undefined;
  const reason = await waitForReplay({ environment, ledger, say }, { standstillSeconds: 1 });
  expect(reason).toMatch(/^replay is 6\d\.\d s behind \(1 operations\)/);
});

test('a wait says whether replay comes nearer', () => {
  const before = { operations: 270, seconds: 85 };
  expect(describeTrend(before, { operations: 200, seconds: 86 })).toBe(
    'replay is 86 s behind (200 operations), and falling',
  );
  expect(describeTrend(before, { operations: 290, seconds: 60 })).toMatch(/, and falling$/);
  expect(describeTrend(before, { operations: 280, seconds: 95 })).toBe(
    'replay is 95 s behind (280 operations), and growing: more changes come than it handles: start another worker ' +
      '(migrate replay --follow --concurrency 64), or slow the bulk copy down (migrate sync limit 100req/s)',
  );
  expect(
    describeBehind({ first: before, last: { operations: 9, seconds: 70 }, bound: 60, givenUpKeys: 0 }),
  ).toBe(
    'replay is 70.0 s behind (9 operations); it must be under 60 s. It is falling: run this again in a while',
  );
});

test('replay that is not behind passes at once', async () => {
  const said: string[] = [];
  await passGate(said);
  expect(said).toEqual([]);
});
