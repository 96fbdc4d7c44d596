import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { credentialsFileOf } from '../../../scripts/local/places.ts';
import { openLedger } from '../../../scripts/ledger/connect.ts';
import { preflight } from '../../../scripts/move/preflight/preflight.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { EXPIRY_RULES } from '../../../scripts/move/teardown/rules.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { quarantineBucket, bothSides, quick } from '../verify/support.ts';

let scratch: Scratch;
let environment: Environment;
let sides: Awaited<ReturnType<typeof bothSides>>;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('preflight');
  environment = quick(scratch);
  sides = await bothSides(scratch);
  await (await quarantineBucket(environment)).close();
});
afterAll(() => scratch.close());

/** Other tests suspend users for a while: only what blocks is looked at here, unless it is asked for. */
async function findings(change: Environment = environment, severity = 'blocking'): Promise<string[]> {
  const all = await preflight(change, scratch.ledger);
  return all
    .filter((finding) => finding.severity === severity && !finding.message.includes('is suspended'))
    .map(({ about, message }) => `${about}: ${message}`);
}
const withMove = (change: Partial<Move>): Environment => ({
  ...environment,
  moves: [{ ...(environment.moves[0] as Move), ...change }],
});

test('nothing is in the way of two buckets, and nothing is written to find that out', async () => {
  await sides.onSource('a', 'x');
  expect(await findings()).toEqual([]);
  const listed: string[] = [];
  for await (const { key } of sides.source.listVersions(scratch.sourceBucket)) listed.push(key);
  for await (const { key } of sides.target.listVersions(scratch.targetBucket)) listed.push(`target ${key}`);
  expect(listed).toEqual(['a']);
});

test('a bucket that is not there, on either side, is named once', async () => {
  const { endpoint } = environment.source;
  expect(await findings(withMove({ sourceBucket: 'scratch-preflight-none' }))).toEqual([
    `source scratch: there is no bucket scratch-preflight-none at ${endpoint}; create it, or correct its name`,
  ]);
  const target = Object.values(environment.targets)[0]?.endpoint;
  expect(await findings(withMove({ targetBucket: 'scratch-preflight-none' }))).toEqual([
    `target scratch: there is no bucket scratch-preflight-none at ${target}; create it, or correct its name`,
  ]);
});

test('a key that is refused, a user without a key, and a store that is away are different findings', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'preflight-'));
  const file = path.join(folder, 'credentials.json');
  const keys = JSON.parse(await readFile(credentialsFileOf(environment.source), 'utf8')) as Record<
    string,
    object
  >;
  await writeFile(
    file,
    JSON.stringify({ ...keys, migration: { accessKeyId: 'nobody', secretAccessKey: 'x' } }),
  );
  const credentials = { kind: 'file' as const, file };
  const refused = { ...environment, source: { ...environment.source, credentials } };
  expect((await findings(refused))[0]).toContain(`its key in ${file} is not accepted (InvalidAccessKeyId)`);
  await writeFile(file, '{}');
  expect((await findings(refused))[0]).toContain('No access key for user "migration"');
  const away = { ...environment, source: { ...environment.source, endpoint: 'http://127.0.0.1:9' } };
  expect((await findings(away))[0]).toMatch(/^source scratch: http:\/\/127\.0\.0\.1:9 does not answer/);
});

test('a user without a right is named with the right', async () => {
  const target = await BucketControl.open(Object.values(environment.targets)[0] as never, 'applications');
  const policy = await target.policy(scratch.targetBucket);
  try {
    await target.mergePolicy(scratch.targetBucket, [
      {
        Sid: 'NoSync',
        Effect: 'Deny',
        Principal: { AWS: ['arn:aws:iam:::user/migration-sync'] },
        Action: ['s3:PutObject'],
        Resource: [`arn:aws:s3:::${scratch.targetBucket}/*`],
      },
    ]);
    expect(await findings()).toEqual([
      `target scratch: user migration-sync may not write in ${scratch.targetBucket}: grant it by the bucket policy`,
    ]);
  } finally {
    await target.removePolicy(scratch.targetBucket, ['NoSync']);
    expect(await target.policy(scratch.targetBucket)).toEqual(policy);
    target.close();
  }
});

test('what is in the buckets: our own prefix, a foreign target, history, rules of a retire and of the customer', async () => {
  const { sourceBucket, targetBucket } = scratch;
  const control = await BucketControl.open(environment.source, 'applications');
  try {
    await sides.onSource('.migration/theirs', 'x');
    await sides.onTarget('foreign', 'x');
    await control.mergeLifecycle(sourceBucket, [{ id: 'customer', days: 400 }, ...EXPIRY_RULES.slice(3)]);
    await control.setVersioning(sourceBucket, true);
    const about = await findings();
    expect(about).toHaveLength(3);
    expect(about[0]).toContain('keys begin with .migration/');
    expect(about[1]).toContain('the bucket carries rules of a retire');
    expect(about[2]).toContain(`${targetBucket} is not empty, for example "foreign"`);
  } finally {
    await control.removeLifecycle(
      sourceBucket,
      EXPIRY_RULES.map(({ id }) => id),
    );
  }
  await sides.onSource('a', 'newer');
  const warnings = await findings(environment, 'warning');
  expect(warnings).toEqual([
    expect.stringMatching(
      /^source scratch: the bucket is versioned: of the first 3 versions 1 are not the latest \(1 bytes\) and 0 are delete markers/,
    ),
    expect.stringContaining('lifecycle rule "customer" expires all objects 400 days after they were written'),
  ]);
  await control.removeLifecycle(sourceBucket, ['customer']);
  control.close();
});

test('a ledger that is away blocks too', async () => {
  const away = openLedger('postgres://nobody@127.0.0.1:9/nothing');
  const found = await preflight(environment, away);
  expect(found[0]).toMatchObject({ severity: 'blocking', about: 'ledger' });
  await away.end();
});
