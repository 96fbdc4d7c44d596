import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { auditFinalStore } from '../../../scripts/local/clients/audit-store.ts';
import { ended, Rehearsal } from './rehearsal.ts';

let rehearsal: Rehearsal | undefined;
afterEach(async () => {
  await rehearsal?.close();
  rehearsal = undefined;
});

const ZEROS = { failed: 0, lost: 0, resurrected: 0, wrong: 0, stale: 0 };
const BUSY = ['--rate', '80', '--clients', '4'];

/** All writes in flight when the hold was said have ended after this. */
async function drain({ environment }: Rehearsal): Promise<void> {
  // The rule of the parameter itself: a bound that is to be waited out, not an event.
  await sleep((environment.bounds.refreshSeconds + environment.bounds.holdRequestSeconds) * 1000);
}

test('clients turn from one store to the other without a failure, through a kill -9 and a hold', async () => {
  rehearsal = await Rehearsal.open('fleet-turn', 150);
  let fleet = rehearsal.start('fleet.ts', BUSY);
  const straggler = rehearsal.start('straggler.ts', [
    ...['--operations', '6', '--before', '4', '--during', '0', '--spread', '0.5'],
  ]);
  await rehearsal.fleetDoes(150);
  await ended(fleet, 'SIGKILL');
  fleet = rehearsal.start('fleet.ts', BUSY);
  await rehearsal.fleetDoes(150);

  await rehearsal.say('hold');
  await drain(rehearsal);
  await rehearsal.copyAll();
  await rehearsal.fleetDoes((status) => status.parameter?.state === 'hold' && status.waiting > 0);
  await rehearsal.say('ceph');
  await rehearsal.fleetDoes(200);
  expect(await ended(fleet, 'SIGTERM')).toBe(0);

  const status = await rehearsal.status();
  expect(status).toMatchObject({ ...ZEROS, running: false, findings: [] });
  expect(status?.longestHoldSeconds).toBeGreaterThan(rehearsal.environment.bounds.holdRequestSeconds);
  expect(await ended(straggler, 'SIGTERM')).toBe(0);

  const audit = await auditFinalStore(rehearsal.environment, rehearsal.scratch.ledger, {
    ...rehearsal.files,
    sampleOneOf: 1,
  });
  // Nobody replays here: what the straggler wrote after the turn is neither applied nor kept in quarantine.
  expect(audit.findings.every(({ kind }) => kind === 'straggler')).toBe(true);
  expect(audit).toMatchObject({ lost: 0, resurrected: 0, wrong: 0, unexpected: 0 });
  expect(audit.straggler).toMatchObject({ writes: 6, unaccounted: 2 });
});

test('an object that is deleted, put back or changed behind the clients is reported', async () => {
  rehearsal = await Rehearsal.open('fleet-sees', 12);
  const fleet = rehearsal.start('fleet.ts', BUSY);
  await rehearsal.fleetDoes(60);
  const { files, environment, scratch, move } = rehearsal;
  const store = await scratch.source();
  for (let number = 0; number < 12; number++)
    await store.delete(move.sourceBucket, `images/2026/dish ${number}+.jpg`);
  await rehearsal.fleetDoes((status) => status.lost > 0);
  await ended(fleet, 'SIGTERM');

  await store.put(move.sourceBucket, 'uploads/0/nobody-wrote-this.jpg', Buffer.from('?'));
  const audit = await auditFinalStore(environment, scratch.ledger, files);
  expect(audit.lost).toBeGreaterThan(0);
  expect(audit.findings).toContainEqual(
    expect.objectContaining({ kind: 'unexpected', key: 'uploads/0/nobody-wrote-this.jpg' }),
  );
});
