import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { latestCertificate, recordWaiver } from '../../../scripts/ledger/certificates.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { beginGap, endGap } from '../../../scripts/ledger/gaps.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { digestOfBucket } from '../../../scripts/move/verify/bucket-digest.ts';
import { certifyInHold, recertify, takeBaseCertificate } from '../../../scripts/move/verify/parity.ts';
import { emptyBucket, realServices, type Scratch } from '../../support/real.ts';
import { bothSides, findingsOf, handle, quick, touch } from './support.ts';

let scratch: Scratch;
let environment: Environment;
let move: Move;
let sides: Awaited<ReturnType<typeof bothSides>>;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('verify');
  environment = quick(scratch);
  move = environment.moves[0] as Move;
  sides = await bothSides(scratch);
});
afterAll(() => scratch.close());

const AWKWARD = ['//a', 'a/../b', 'a b+c%&?#;"', '\n', 'é', 'e\u0301', '🍕', 'x/', 'z'.repeat(1024)];

async function startOver(): Promise<void> {
  await Promise.all([
    emptyBucket(sides.source, scratch.sourceBucket),
    emptyBucket(sides.target, scratch.targetBucket),
  ]);
  await scratch.ledger.query('TRUNCATE operation, certificate, capture_gap, waiver');
}
const base = (options = {}) => takeBaseCertificate(environment, scratch.ledger, move, options);

/** The ledger, saying when the first horizon has been noted, and the second: where settling begins. */
function watched(noted: (() => void)[]): Pool {
  const query = async (text: string, values?: unknown[]) => {
    const result = await scratch.ledger.query(text, values);
    if (text.includes('pg_snapshot_xmin')) noted.shift()?.();
    return result;
  };
  return { query } as unknown as Pool;
}

test('equal buckets are certified with counts and a digest that either side yields by itself', async () => {
  await startOver();
  for (const key of AWKWARD)
    await sides.onBoth(key, `body of ${key}`, { metadata: { k: 'v' }, tags: { t: '1' } });
  await sides.onBoth('empty', '');
  // The migration's own keys never move.
  await sides.onSource('.migration/canary', 'c');
  const certificate = await base();
  expect(findingsOf(certificate)).toEqual([]);
  const bytes = AWKWARD.reduce((sum, key) => sum + Buffer.byteLength(`body of ${key}`), 0);
  expect(certificate.document).toMatchObject({ objects: AWKWARD.length + 1, bytes, comparedByBytes: 0 });
  const source = await digestOfBucket(sides.source, scratch.sourceBucket);
  expect(await digestOfBucket(sides.target, scratch.targetBucket)).toEqual(source);
  expect(certificate.document['digest']).toBe(source.digest);
  expect(await latestCertificate(scratch.ledger, 'base', 'scratch')).toMatchObject({
    id: certificate.id,
    findings: 0,
    horizon: certificate.horizon,
  });
  // Reading the bytes comes to the same.
  const full = await base({ full: true });
  expect(full.document).toMatchObject({ digest: source.digest, comparedByBytes: AWKWARD.length + 1 });
});

test('every difference is found and named: bytes, headers, metadata, tags, ACL, missing, only at the target', async () => {
  await startOver();
  await sides.onBoth('equal', 'x');
  await sides.onSource('bytes', 'abc');
  await sides.onTarget('bytes', 'abd');
  await sides.onSource('size', 'abc');
  await sides.onTarget('size', 'abcd');
  await sides.onSource('metadata', 'x', { metadata: { a: '1' } });
  await sides.onTarget('metadata', 'x', { metadata: { a: '2' } });
  await sides.onSource('tags', 'x', { tags: { a: '1' } });
  await sides.onTarget('tags', 'x');
  await sides.onSource('headers', 'x', { headers: { contentType: 'image/png', cacheControl: 'no-cache' } });
  await sides.onTarget('headers', 'x', { headers: { contentType: 'image/jpeg' } });
  await sides.onSource('acl', 'x', { acl: 'public-read' });
  await sides.onTarget('acl', 'x');
  await sides.onSource('missing', 'x');
  await sides.onTarget('extra', 'x');
  const certificate = await base();
  expect(findingsOf(certificate)).toEqual([
    { key: 'acl', differs: ['acl'] },
    { key: 'bytes', differs: ['etag'] },
    { key: 'extra', differs: ['only at the target'] },
    { key: 'headers', differs: ['content-type', 'cache-control'] },
    { key: 'metadata', differs: ['metadata'] },
    { key: 'missing', differs: ['missing at the target'] },
    { key: 'size', differs: ['size', 'etag'] },
    { key: 'tags', differs: ['tags'] },
  ]);
  expect(certificate.findings).toBe(8);
});

test('an ETag that is no digest of the bytes is settled by reading them', async () => {
  await startOver();
  const parts = async (key: string, body: Buffer) => {
    const bucket = scratch.sourceBucket;
    const uploadId = await sides.source.createUpload(bucket, key);
    const part = { uploadId, partNumber: 1, body, contentLength: body.length };
    const etag = await sides.source.uploadPart(bucket, key, part);
    await sides.source.completeUpload(bucket, key, { uploadId, parts: [{ partNumber: 1, etag }] });
  };
  await parts('same', Buffer.from('part'));
  await sides.onTarget('same', 'part', { headers: { contentType: 'binary/octet-stream' } });
  await parts('other', Buffer.from('part'));
  await sides.onTarget('other', 'pert', { headers: { contentType: 'binary/octet-stream' } });
  const certificate = await base();
  expect(findingsOf(certificate).map(({ key, differs }) => [key, differs.includes('bytes')])).toEqual([
    ['other', true],
  ]);
});

test('what may not be read is a finding, unless somebody waived it by name', async () => {
  await startOver();
  await sides.onBoth('closed', 'x');
  const control = await BucketControl.open(environment.source, 'applications');
  try {
    await control.mergePolicy(scratch.sourceBucket, [
      {
        Sid: 'Closed',
        Effect: 'Deny',
        Principal: { AWS: ['arn:aws:iam:::user/migration'] },
        Action: ['s3:GetObject'],
        Resource: [`arn:aws:s3:::${scratch.sourceBucket}/closed`],
      },
    ]);
    const refused = await base({ settleSeconds: 0 });
    expect(findingsOf(refused)).toMatchObject([
      { key: 'closed', differs: [expect.stringMatching(/^could not compare: HEAD .* 403 AccessDenied/)] },
    ]);
    await recordWaiver(scratch.ledger, { move: 'scratch', key: 'closed', reason: 'r', namedBy: 'n' });
    const waived = await base({ settleSeconds: 0 });
    expect(waived.findings).toBe(0);
    expect(waived.document['waived']).toMatchObject({ total: 1, listed: [{ key: 'closed', namedBy: 'n' }] });
  } finally {
    await control.removePolicy(scratch.sourceBucket, ['Closed']);
    control.close();
  }
});

test('a key in motion is compared again once replay has handled it; one that stays in motion is left to the hold', async () => {
  await startOver();
  await sides.onSource('slow', 'new');
  await sides.onSource('busy', 'new');
  // Its event is still on its way when the scan looks at it.
  const horizon = Promise.withResolvers<void>();
  const settling = Promise.withResolvers<void>();
  const ledger = watched([horizon.resolve, settling.resolve]);
  const taking = takeBaseCertificate(environment, ledger, move, { settleSeconds: 2 });
  await horizon.promise;
  await touch(scratch, ['slow', 'busy'], false);
  await settling.promise;
  await sides.onTarget('slow', 'new');
  await handle(scratch, 'slow');
  const certificate = await taking;
  expect(findingsOf(certificate)).toEqual([]);
  expect(certificate.document).toMatchObject({ settled: 1, moving: { count: 1, first: ['busy'] } });
  // It was touched since the horizon, so the next certificate finds it.
  const held = await certifyInHold(environment, scratch.ledger, move);
  expect(held).toMatchObject({
    compared: 2,
    findings: [{ key: 'busy', differs: ['missing at the target'] }],
  });
});

test('what the log names as handled, and yet differs, is a finding', async () => {
  await startOver();
  await sides.onSource('wrong', 'new');
  await touch(scratch, ['wrong'], true);
  expect(findingsOf(await base())).toEqual([{ key: 'wrong', differs: ['missing at the target'] }]);
});

test('an operation older than the horizon that replay has not handled is no finding, and compared again later', async () => {
  await startOver();
  await sides.onSource('old', 'new');
  await touch(scratch, ['old'], false);
  const certificate = await base();
  expect(findingsOf(certificate)).toEqual([]);
  expect(certificate.document).toMatchObject({ moving: { count: 1, first: ['old'] } });
  // Its operation is retired meanwhile, and yet the key differs.
  await handle(scratch, 'old');
  const blind = { listings: false, settleSeconds: 0 };
  const next = await recertify(environment, scratch.ledger, move, blind);
  expect(findingsOf(next)).toEqual([{ key: 'old', differs: ['missing at the target'] }]);
});

test('a key that replay has tried too often is a finding', async () => {
  await startOver();
  await sides.onSource('failing', 'new');
  await touch(scratch, ['failing'], false);
  await scratch.ledger.query(
    `INSERT INTO failed_key (move, key, stage, reason, attempts) VALUES ('scratch', 'failing', 'replay', 'r', 3)`,
  );
  try {
    expect(findingsOf(await base({ settleSeconds: 0 }))).toEqual([
      { key: 'failing', differs: ['missing at the target', 'replay could not handle it'] },
    ]);
  } finally {
    await scratch.ledger.query('TRUNCATE failed_key');
  }
});

test('a store that clients write to all the time gets its certificate while replay is behind', async () => {
  await startOver();
  for (let number = 0; number < 40; number += 1) await sides.onBoth(`still/${number}`, 'x');
  await sides.onSource('lost', 'no event tells of it');
  const stop = new AbortController();
  let number = 0;
  const behind: string[] = [];
  const written = Promise.withResolvers<void>();
  const write = async () => {
    while (!stop.signal.aborted) {
      const key = `busy/${(number += 1)}`;
      await sides.onSource(key, 'new');
      await touch(scratch, [key], false);
      if (behind.push(key) >= 20) written.resolve();
    }
  };
  const writers = [write(), write()];
  await written.promise;
  const options = { settleSeconds: 0 };
  const certificate = await base(options);
  stop.abort();
  await Promise.all(writers);
  // Only the difference that nothing will mend is one.
  expect(findingsOf(certificate)).toEqual([{ key: 'lost', differs: ['missing at the target'] }]);
  const { count } = certificate.document['moving'] as { count: number };
  expect(count).toBeGreaterThanOrEqual(20);
  await sides.onTarget('lost', 'no event tells of it');
  expect((await base(options)).findings).toBe(0);
  // Replay catches up but for one key, which it says to have handled.
  for (const key of behind) {
    if (key !== 'busy/3') await sides.onTarget(key, 'new');
    await handle(scratch, key);
  }
  const last = await recertify(environment, scratch.ledger, move, { ...options, listings: false });
  expect(findingsOf(last)).toEqual([{ key: 'busy/3', differs: ['missing at the target'] }]);
});

test('a round compares only what was touched and goes on from there; the hold finds what raised no event', async () => {
  await startOver();
  for (const key of ['a', 'b', 'c']) await sides.onBoth(key, 'x');
  const first = await base();
  await sides.onSource('a', 'y');
  await sides.onTarget('a', 'y');
  await touch(scratch, ['a'], true);
  const second = await recertify(environment, scratch.ledger, move);
  expect(second.findings).toBe(0);
  expect(second.document).toMatchObject({ parent: String(first.id), compared: 1, scope: 'touched' });
  expect(await certifyInHold(environment, scratch.ledger, move)).toMatchObject({ compared: 0, findings: [] });
  // The write of b is in the log; that somebody tagged it afterwards is nowhere but on S3.
  await touch(scratch, ['b'], true);
  await sides.source.setTags(scratch.sourceBucket, 'b', { late: '1' });
  expect(await certifyInHold(environment, scratch.ledger, move)).toMatchObject({
    compared: 1,
    findings: [{ key: 'b', differs: ['tags'] }],
  });
  expect(await latestCertificate(scratch.ledger, 'parity', 'scratch')).toMatchObject({ findings: 1 });
});

test('a write whose event was lost is found by the listings, one of the metadata alone too', async () => {
  await startOver();
  for (const key of ['bytes', 'metadata', 'same', 'gone']) await sides.onBoth(key, 'x');
  await base();
  await sides.onSource('bytes', 'y');
  await sides.onSource('metadata', 'x', { metadata: { a: '1' } });
  await sides.source.delete(scratch.sourceBucket, 'gone');
  const options = { settleSeconds: 0 };
  const blind = await recertify(environment, scratch.ledger, move, { ...options, listings: false });
  expect([blind.findings, blind.document['compared']]).toEqual([0, 0]);
  const seeing = await recertify(environment, scratch.ledger, move, options);
  expect(findingsOf(seeing)).toEqual([
    { key: 'bytes', differs: ['etag'] },
    { key: 'gone', differs: ['only at the target'] },
    { key: 'metadata', differs: ['metadata'] },
  ]);
});

test('after a gap in capture the hold refuses a certificate that was listed before its end, until listings are merged again', async () => {
  await startOver();
  await sides.onBoth('a', 'x');
  await base();
  // The event of this write is lost, and nothing in the log tells of it.
  await beginGap(scratch.ledger, 'scratch', 'our entry was missing');
  await sides.onSource('a', 'y');
  await endGap(scratch.ledger, 'scratch');
  const inHold = () => certifyInHold(environment, scratch.ledger, move);
  await expect(inHold()).rejects.toThrow(
    /^capture of scratch had a gap from .* \(our entry was missing\): events may be lost/,
  );
  const options = { settleSeconds: 0 };
  await recertify(environment, scratch.ledger, move, { ...options, listings: false });
  await expect(inHold()).rejects.toThrow('capture of scratch had a gap');
  const listed = await recertify(environment, scratch.ledger, move, options);
  expect(findingsOf(listed)).toEqual([{ key: 'a', differs: ['etag'] }]);
  await sides.onTarget('a', 'y');
  await base(options);
  expect(await inHold()).toMatchObject({ compared: 0, findings: [] });
});

test('listings that are merged range by range find what one merge finds', async () => {
  await startOver();
  const changed = ['a', 'g', 'm', 'z'];
  for (const key of [...changed, 'b', 'n']) await sides.onBoth(key, 'x');
  await base();
  for (const key of changed) await sides.onSource(key, 'y');
  const { rows } = await scratch.ledger.query<{ run: bigint }>(
    `INSERT INTO sync_run (move, state) VALUES ('scratch', 'done') RETURNING run`,
  );
  await scratch.ledger.query(
    `INSERT INTO shard (move, run, number, after_key, until_key, checkpoint)
     VALUES ('scratch', $1, 1, '', 'g', ''), ('scratch', $1, 2, 'g', 'm', 'g'), ('scratch', $1, 3, 'm', NULL, 'm')`,
    [rows[0]?.run],
  );
  try {
    const seeing = await recertify(environment, scratch.ledger, move, { settleSeconds: 0 });
    expect(findingsOf(seeing)).toEqual(changed.map((key) => ({ key, differs: ['etag'] })));
  } finally {
    await scratch.ledger.query('DELETE FROM shard; DELETE FROM sync_run');
  }
});

test('without a clean base certificate there is nothing to go on from', async () => {
  await startOver();
  await expect(recertify(environment, scratch.ledger, move)).rejects.toThrow(
    'There is no base certificate for scratch',
  );
  await sides.onSource('missing', 'x');
  await base({ settleSeconds: 0 });
  await expect(certifyInHold(environment, scratch.ledger, move)).rejects.toThrow('has 1 findings');
});
