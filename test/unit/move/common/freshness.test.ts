import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  latestCertificate,
  recordCertificate,
  type Certificate,
} from '../../../../scripts/ledger/certificates.ts';
import type { Pool } from '../../../../scripts/ledger/database.ts';
import { beginGap, endGap } from '../../../../scripts/ledger/gaps.ts';
import { commitHorizon } from '../../../../scripts/ledger/operations.ts';
import { describeListing, staleness } from '../../../../scripts/move/common/freshness.ts';
import { bringUpToNow } from '../../../../scripts/move/steps/certify.ts';
import { EMBEDDED_LIMIT_MS, openEmbeddedLedger } from '../../../support/embedded-ledger.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

let ledger: Pool;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, close } = await openEmbeddedLedger());
}, EMBEDDED_LIMIT_MS);
afterAll(() => close());

const environment = exampleEnvironment();

/** A base certificate whose listings were merged from now on, or go on from a parent's. */
async function certificate(listed?: { from: string; at: string }): Promise<Certificate> {
  const horizon = await commitHorizon(ledger);
  const now = { from: horizon, at: new Date().toISOString() };
  await recordCertificate(ledger, {
    kind: 'base',
    move: 'images',
    epoch: 1n,
    horizon,
    findings: 0,
    document: { listed: listed ?? now },
  });
  const recorded = await latestCertificate(ledger, 'base', 'images');
  if (recorded === null) throw new Error('it was recorded');
  return recorded;
}

test('a certificate is stale from the beginning of a gap on, and no other ends that but one listed after the gap', async () => {
  const before = await certificate();
  expect(await staleness(ledger, environment, before)).toBeNull();
  await beginGap(ledger, 'images', 'our entry was missing');
  const during = await certificate();
  for (const each of [before, during]) {
    expect(await staleness(ledger, environment, each)).toMatch(
      /^capture of images had a gap from \S+ until now: no canary has come through since \(our entry was missing\): events may be lost, and the listings of its base certificate were read before that was over$/,
    );
  }
  await endGap(ledger, 'images');
  expect(await staleness(ledger, environment, during)).toMatch(/ until \d{4}-\S+Z \(our entry was missing\)/);
  const after = await certificate();
  expect(await staleness(ledger, environment, after)).toBeNull();
  // Of touched keys alone: its horizon is new, the listings are not.
  const { document } = before;
  const touched = await certificate(document['listed'] as { from: string; at: string });
  expect(await staleness(ledger, environment, touched)).toMatch(/had a gap/);
  expect(await staleness(ledger, environment, { ...after, move: 'metadata' })).toBeNull();
});

test('a certificate grows old: its listings must have been merged less than some hours ago', async () => {
  const from = await commitHorizon(ledger);
  const hoursAgo = (hours: number) => ({ from, at: new Date(Date.now() - hours * 3_600_000).toISOString() });
  expect(await staleness(ledger, environment, await certificate(hoursAgo(23.9)))).toBeNull();
  expect(await staleness(ledger, environment, await certificate(hoursAgo(25.5)))).toBe(
    'the listings of images were merged 25.5 h ago, and events can be lost: it must be less than 24 h',
  );
});

test('what a merge of both listings costs is said before', () => {
  expect(describeListing(600_000_000, 'aws')).toBe('600000 LIST requests to each side, about $3.00');
  expect(describeListing(1, 'ceph')).toBe('1 LIST requests to each side');
});

test('nothing is compared while a gap is open, nor where canaries have long been silent', async () => {
  const says: string[] = [];
  const context = {
    environment: { ...exampleEnvironment(), wait: false },
    ledger,
    lock: { assertHeld: () => undefined, release: () => undefined },
    now: () => new Date(),
    say: (line: string) => says.push(line),
  };
  await ledger.query('TRUNCATE capture_gap');
  await ledger.query(
    `INSERT INTO operation (received_at, move, key, kind, event_name, event_source, retired_at)
     VALUES (now() - interval '200 seconds', 'images', '.migration/canary', 'canary', 'e', 'aws:s3', now())`,
  );
  await expect(bringUpToNow(context)).rejects.toThrow(
    /^Refused; nothing was compared: capture of images had a gap from \S+ until now: no canary has come through since \(no canary came through for 200 s\)[^]*Prove capture \(migrate capture canary\), see that its worker runs \(heartbeat on AWS, else capture\), and run pulumi up again when migrate status shows that the gap has ended\.$/,
  );
  expect(says).toEqual(['  waits for a canary: no canary came through for 200 s']);
});
