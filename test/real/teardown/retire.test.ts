import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { recordWaiver } from '../../../scripts/ledger/certificates.ts';
import { recordFailure } from '../../../scripts/ledger/failures.ts';
import { addPending } from '../../../scripts/ledger/pending.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { StoreError } from '../../../scripts/store/errors.ts';
import { denyWrites } from '../../../scripts/move/teardown/deny.ts';
import { DENY_SID } from '../../../scripts/contract/names.ts';
import { expireSource } from '../../../scripts/move/teardown/expire.ts';
import { runLifecycleNow } from '../../../scripts/move/teardown/lifecycle-now.ts';
import {
  beginRetire,
  cancelRetire,
  sourceIsEmpty,
  type RetireOptions,
} from '../../../scripts/move/teardown/retire.ts';
import { finishTeardown } from '../../../scripts/move/steps/finish-teardown.ts';
import { takeContainmentCertificate } from '../../../scripts/move/verify/containment.ts';
import { emptyBucket, realServices, type Scratch } from '../../support/real.ts';
import { quarantineBucket, bothSides, quick, touch } from '../verify/support.ts';

const DAY = 24 * 60 * 60 * 1000;

let scratch: Scratch;
let environment: Environment;
let move: Move;
let sides: Awaited<ReturnType<typeof bothSides>>;
let control: BucketControl;
let due: Date;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('teardown');
  environment = quick(scratch, { requestSeconds: 1.5 });
  move = environment.moves[0] as Move;
  sides = await bothSides(scratch);
  control = await BucketControl.open(environment.source, 'applications');
  await (await quarantineBucket(environment)).close();
});
afterAll(async () => {
  await control.removePolicy(scratch.sourceBucket, [DENY_SID]);
  control.close();
  await scratch.close();
});

/** In retain since 15 days, three objects on both sides, nothing open. */
beforeEach(async () => {
  await control.removePolicy(scratch.sourceBucket, [DENY_SID]);
  await emptyBucket(sides.source, scratch.sourceBucket);
  await emptyBucket(sides.target, scratch.targetBucket);
  await scratch.ledger.query('TRUNCATE operation, certificate, waiver, failed_key, pending_key, conflict');
  await scratch.ledger.query(
    `UPDATE move SET phase = 'retain', entering = NULL, writes_go_to = 'target', epoch = 2, cutover_at = now()`,
  );
  due = new Date(Date.now() + 15 * DAY + 1000);
  for (const key of ['a', 'b', 'c/d']) await sides.onBoth(key, `body of ${key}`);
});

/** Without the watch over reads, which has a test of its own: it takes seconds. */
const begin = (options: Partial<RetireOptions> = {}) =>
  beginRetire(environment, scratch.ledger, {
    now: due,
    watchReads: false,
    takeContainment: takeContainmentCertificate,
    ...options,
  });

/** Everything that teardown could change on S3. */
async function sourceState() {
  const versions: string[] = [];
  for await (const { key, versionId, etag } of sides.source.listVersions(scratch.sourceBucket)) {
    versions.push(`${key} ${versionId} ${etag}`);
  }
  return {
    versions,
    policy: await control.policy(scratch.sourceBucket),
    lifecycle: await control.lifecycleIds(scratch.sourceBucket),
  };
}

test.each<[string, string, () => Promise<unknown>]>([
  ['a day early', '1.00 days are left', () => Promise.resolve((due = new Date(due.getTime() - DAY)))],
  ['a pending key', '1 keys are still on S3 alone', () => addPending(scratch.ledger, 'scratch', ['p'], 'r')],
  ['an open operation', '1 operations of S3 are not handled yet', () => touch(scratch, ['a'], false)],
  [
    'a write to S3 a moment ago',
    'somebody wrote to S3',
    () => {
      environment = { ...environment, bounds: { ...environment.bounds, quietSeconds: 60 } };
      return touch(scratch, ['a'], true);
    },
  ],
  [
    'a failed key',
    '1 keys are on the failed list',
    () => recordFailure(scratch.ledger, { move: 'scratch', key: 'a', stage: 'replay', reason: 'r' }),
  ],
  [
    'a waived object that would be expired with the rest',
    'waived objects are still on S3 ("a" of scratch)',
    () => recordWaiver(scratch.ledger, { move: 'scratch', key: 'a', reason: 'r', namedBy: 'n' }),
  ],
  [
    'another phase',
    'the move is in cutover',
    () => scratch.ledger.query(`UPDATE move SET phase = 'cutover'`),
  ],
])('retire is refused for %s, and nothing of S3 is changed', async (_name, message, spoil) => {
  const before = await sourceState();
  const bounds = environment.bounds;
  await spoil();
  const missing = await begin();
  environment = { ...environment, bounds };
  expect(missing.join('\n')).toContain(message);
  expect(await sourceState()).toEqual(before);
});

test('somebody who still reads S3 is found, though reads leave no trace in the log', async () => {
  const before = await sourceState();
  const reader = new AbortController();
  const reading = (async () => {
    while (!reader.signal.aborted) {
      await sides.source.head(scratch.sourceBucket, 'a');
      await sleep(50);
    }
  })();
  const missing = await begin({ watchReads: true });
  reader.abort();
  await reading;
  expect(missing).toEqual([
    expect.stringMatching(/^somebody sent \d+ reads to S3 within \d+ s; they would fail once it is emptied/),
  ]);
  expect(await sourceState()).toEqual(before);
});

test('an object that nothing explains is found under denied writes; they are allowed again, nothing is removed', async () => {
  await sides.onSource('lost', 'only here');
  const before = await sourceState();
  const said: string[] = [];
  const missing = await begin({ say: (line) => said.push(line) });
  expect(missing).toEqual([
    '"lost" of scratch would be lost with S3: missing at the target, no record of a later write or delete on Ceph',
  ]);
  expect(said).toContain('denies writes to the source buckets by a policy statement');
  expect(await sourceState()).toEqual(before);
  await sides.onSource('again', 'writes pass');
});

test('expiry is refused without denied writes, and after another write to S3 until a certificate is taken again', async () => {
  const expire = () => expireSource(environment, { now: due, takeContainment: takeContainmentCertificate });
  await takeContainmentCertificate(environment, scratch.ledger, move);
  await expect(expire()).rejects.toThrow('are not denied; only then is a certificate the last word');
  expect(await begin()).toEqual([]);
  // An event that comes late: its object is not on Ceph, and the certificate is older.
  await scratch.ledger.query('TRUNCATE certificate');
  await control.removePolicy(scratch.sourceBucket, [DENY_SID]);
  await sides.onSource('late', 'x');
  await denyWrites(environment);
  await touch(scratch, ['late'], true);
  await sleep(environment.bounds.quietSeconds * 1000);
  const before = await sourceState();
  await expect(expire()).rejects.toThrow('"late" of scratch would be lost with S3');
  expect(await sourceState()).toEqual(before);
});

test('retire denies writes to everybody, keeps what the customer had, and can be given up', async () => {
  const customer = await control.policy(scratch.sourceBucket);
  expect(await begin()).toEqual([]);
  for (const user of ['applications', 'migration']) {
    const client = await scratch.source(user);
    const refused = (request: Promise<unknown>) =>
      request.then(
        () => 'passed',
        (error: unknown) => (error instanceof StoreError ? error.code : String(error)),
      );
    const bucket = scratch.sourceBucket;
    expect(await refused(client.put(bucket, 'new', Buffer.from('x')))).toBe('AccessDenied');
    expect(await refused(client.delete(bucket, 'a'))).toBe('AccessDenied');
    expect(await refused(client.deleteMany(bucket, ['a']))).toBe('AccessDenied');
    expect(await refused(client.createUpload(bucket, 'new'))).toBe('AccessDenied');
    expect(await refused(client.setTags(bucket, 'a', { a: '1' }))).toBe('AccessDenied');
    expect((await client.head(bucket, 'a'))?.size).toBe(9);
  }
  // Killed here and begun again: the same.
  expect(await begin()).toEqual([]);
  await cancelRetire(environment, scratch.ledger);
  expect(await control.policy(scratch.sourceBucket)).toEqual(customer);
  await sides.onSource('a', 'writes pass');
});

test('the command refuses a day early and with a stale certificate, says all that is missing, and removes nothing', async () => {
  const teardown = async (ahead: number, ...words: string[]) => {
    await writeFile(scratch.environmentFile, JSON.stringify({ ...environment, clockAheadSeconds: ahead }));
    const file = ['--environment', scratch.environmentFile];
    return execa('node', ['scripts/migrate.ts', 'teardown', ...words, ...file], { reject: false });
  };
  const before = await sourceState();
  const early = await teardown(14 * 86_400, '--execute');
  expect(early.exitCode).toBe(1);
  expect(early.stderr).toContain('Refused; nothing was changed and nothing removed. What is missing:');
  expect(early.stderr).toMatch(/1\.00 days are left[^]*there is no containment certificate for scratch/);
  await takeContainmentCertificate(environment, scratch.ledger, move);
  const possible = await teardown(15 * 86_400 + 60);
  expect([possible.exitCode, possible.stderr]).toEqual([0, '']);
  await touch(scratch, ['a'], true);
  const stale = await teardown(15 * 86_400 + 60, '--execute');
  expect(stale.exitCode).toBe(1);
  expect(stale.stderr).toMatch(
    /the containment certificate for scratch of .* is stale: S3 was changed 1 times since/,
  );
  expect(await sourceState()).toEqual(before);
});

test('then S3 is expired, versions, markers and uploads too, and our rules and statement go, the others stay', async () => {
  const { sourceBucket } = scratch;
  await control.setVersioning(sourceBucket, true);
  await sides.onSource('a', 'body of a');
  await sides.onSource('gone', 'x');
  await sides.source.delete(sourceBucket, 'gone');
  const uploadId = await sides.source.createUpload(sourceBucket, 'never completed');
  const part = Buffer.from('part');
  await sides.source.uploadPart(sourceBucket, 'never completed', {
    uploadId,
    partNumber: 1,
    body: part,
    contentLength: part.length,
  });
  await control.mergeLifecycle(sourceBucket, [{ id: 'customer', abortUploadDays: 365 }]);
  const customer = await control.policy(sourceBucket);
  expect(await begin()).toEqual([]);
  await expireSource(environment, { now: due, takeContainment: takeContainmentCertificate });
  await expireSource(environment, { now: due, takeContainment: takeContainmentCertificate });
  expect((await control.lifecycleIds(sourceBucket)).sort()).toEqual([
    '00-storage-migration-expire-current',
    '00-storage-migration-expire-markers',
    '00-storage-migration-expire-noncurrent',
    '00-storage-migration-expire-uploads',
    'customer',
  ]);
  expect(await sourceIsEmpty(environment)).toEqual([
    `${sourceBucket} (scratch) still has 3 objects, 6 versions and delete markers, 1 multipart uploads`,
  ]);
  await expect(finishTeardown(environment)).rejects.toThrow('The source is not empty yet');
  await expect(cancelRetire(environment, scratch.ledger)).rejects.toThrow('there is no way back from retire');
  await runLifecycleNow({ ...environment, name: 'local' });
  expect(await sourceIsEmpty(environment)).toEqual([]);
  await finishTeardown(environment);
  expect(await control.lifecycleIds(sourceBucket)).toEqual(['customer']);
  expect(await control.policy(sourceBucket)).toEqual(customer);
  await control.removeLifecycle(sourceBucket, ['customer']);
  // Ceph has lost nothing with it.
  expect((await sides.target.head(scratch.targetBucket, 'a'))?.size).toBe(9);
});
