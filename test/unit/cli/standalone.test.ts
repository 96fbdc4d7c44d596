import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { environmentOf } from '../../../scripts/cli/command-line.ts';
import { readSide } from '../../../scripts/cli/standalone/endpoint.ts';
import { parseLedger, parseLocation } from '../../../scripts/cli/standalone/location.ts';
import { storesOptions } from '../../support/stores-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-profiles-'));
  await writeFile(
    path.join(folder, 'credentials'),
    '[old]\naws_access_key_id = a\naws_secret_access_key = b\n',
  );
  await writeFile(
    path.join(folder, 'config'),
    '[profile ceph]\nregion = here\nendpoint_url = https://rgw.example.com\n\n' +
      '[profile split]\nservices = ours\nendpoint_url = https://all.example.com\n\n' +
      '[services ours]\ns3 =\n  endpoint_url = https://s3.example.com\n\n' +
      '[profile west]\nregion = eu-west-1\n',
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', path.join(folder, 'config'));
  return () => vi.unstubAllEnvs();
});

type Given = Record<string, string>;
const endpointOf = async (given: Given, variables: Given = {}) =>
  (await readSide(storesOptions({ source: 's3://photos', ...given }), 'source', variables)).endpoint;
const environmentFor = async (given: Given) => environmentOf(storesOptions(given));

test.each([
  ['s3://photos', { bucket: 'photos', prefix: '' }],
  ['s3://photos/', { bucket: 'photos', prefix: '' }],
  ['s3://photos/2024', { bucket: 'photos', prefix: '2024/' }],
  ['s3://photos/2024/', { bucket: 'photos', prefix: '2024/' }],
  // A folder may be named by a slash, or have a space and a newline in its name.
  ['s3://photos//', { bucket: 'photos', prefix: '/' }],
  // On RGW: of a tenant, and of none.
  ['s3://team_1:photos/2024', { bucket: 'team_1:photos', prefix: '2024/' }],
  ['s3://:photos', { bucket: ':photos', prefix: '' }],
  ['s3://My_Photos/a b\nc', { bucket: 'My_Photos', prefix: 'a b\nc/' }],
])('%j is a place', (text, location) => {
  expect(parseLocation(text)).toEqual(location);
});

test.each([
  'photos',
  's3:photos',
  's3://',
  's3://ab',
  'https://photos',
  's3:///key',
  's3://a b/c',
  's3://a:b:cde',
  's3://a-b:cde',
])('%j is none', (text) => {
  expect(() => storesOptions({ target: text })).toThrow(
    `option '--target <s3://BUCKET>' argument '${text}' is invalid. It must be s3://BUCKET or s3://BUCKET/FOLDER`,
  );
});

test('a bucket of a tenant is one of an RGW', async () => {
  const there = { source: 's3://team:photos', 'source-endpoint': 'https://rgw.example.com' };
  expect((await endpointOf(there)).addressing).toBe('path');
  await expect(endpointOf({ source: 's3://team:photos', 'source-region': 'eu-west-1' })).rejects.toThrow(
    '--source is s3://team:photos, a bucket of a tenant, and Amazon S3 has no tenants. For an RGW give --source-endpoint',
  );
});

test('Amazon S3 is where nothing else is named; its region must be known', async () => {
  expect(await endpointOf({ 'source-region': 'eu-west-1' })).toEqual({
    kind: 'aws',
    endpoint: 'https://s3.eu-west-1.amazonaws.com',
    region: 'eu-west-1',
    addressing: 'virtual',
    credentials: { kind: 'ambient' },
  });
  expect(await endpointOf({ 'source-profile': 'west' })).toMatchObject({
    endpoint: 'https://s3.eu-west-1.amazonaws.com',
    credentials: { kind: 'profile', profile: 'west' },
  });
  // A certificate for *.s3.… covers no bucket with a dot in its name.
  expect(await endpointOf({ source: 's3://my.photos', 'source-region': 'cn-north-1' })).toMatchObject({
    endpoint: 'https://s3.cn-north-1.amazonaws.com.cn',
    addressing: 'path',
  });
  expect(await endpointOf({ 'source-endpoint': 'https://s3.eu-central-1.amazonaws.com' })).toMatchObject({
    kind: 'aws',
    region: 'eu-central-1',
  });
  await expect(endpointOf({})).rejects.toThrow('Which region is s3://photos in? Give --source-region');
});

test('another store is path style, and its folder goes with it', async () => {
  expect(
    await endpointOf({ source: 's3://photos/2024', 'source-endpoint': 'http://127.0.0.1:7480' }),
  ).toEqual({
    kind: 'ceph',
    endpoint: 'http://127.0.0.1:7480/',
    region: 'us-east-1',
    addressing: 'path',
    credentials: { kind: 'ambient' },
    prefix: '2024/',
  });
  expect(await endpointOf({ 'source-profile': 'ceph', 'source-addressing': 'virtual' })).toMatchObject({
    endpoint: 'https://rgw.example.com/',
    region: 'here',
    addressing: 'virtual',
  });
});

test('an endpoint that a variable names is checked as the option is', async () => {
  await expect(endpointOf({}, { AWS_ENDPOINT_URL: 'rgw:80/x' })).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(
      /AWS_ENDPOINT_URL, is "rgw:80\/x"\. It must be the URL .* --source-endpoint$/,
    ) as string,
  });
});

test('what names one side comes before what is for both: option, profile, variables', async () => {
  const variables = { AWS_ENDPOINT_URL: 'https://any.example.com', AWS_REGION: 'eu-north-1' };
  expect(await endpointOf({}, variables)).toMatchObject({
    endpoint: 'https://any.example.com/',
    region: 'eu-north-1',
  });
  expect(await endpointOf({}, { ...variables, AWS_ENDPOINT_URL_S3: 'https://s3.only.com' })).toMatchObject({
    endpoint: 'https://s3.only.com/',
  });
  expect(await endpointOf({ 'source-profile': 'split' }, variables)).toMatchObject({
    endpoint: 'https://s3.example.com/',
  });
  expect(
    await endpointOf(
      { 'source-profile': 'ceph', 'source-endpoint': 'http://a:1', 'source-region': 'x' },
      variables,
    ),
  ).toMatchObject({ endpoint: 'http://a:1/', region: 'x' });
});

test.each([
  [{ 'source-endpoint': 'rgw.example.com' }, 'It must be the URL of the S3 service'],
  [
    { 'source-endpoint': 'http://rgw.example.com/photos' },
    'It must be the URL of the S3 service without a path',
  ],
  [{ 'source-endpoint': 'http://a:1', 'source-addressing': 'dns' }, 'Allowed choices are path, virtual.'],
  [{ 'source-profile': 'nobody' }, 'no such profile, but ceph, split, west, old'],
])('%j is refused', async (given, message) => {
  await expect(endpointOf(given)).rejects.toThrow(message);
});

test('a ledger is a folder or a server', () => {
  expect(parseLedger('postgres://a@b/c')).toBe('postgres://a@b/c');
  expect(parseLedger('x/y')).toEqual({ kind: 'embedded', folder: path.resolve('x/y') });
  expect(() => storesOptions({ ledger: 'mysql://a' })).toThrow(
    "argument 'mysql://a' is invalid. It must be a folder",
  );
  expect(() => parseLedger('postgres://a:b c@:x/')).toThrow('--ledger is no valid URL');
});

const options = {
  source: 's3://photos/2024',
  'source-endpoint': 'http://127.0.0.1:1',
  target: 's3://photos/copy',
  'target-endpoint': 'http://127.0.0.1:1',
};

test('two places make an environment without phases; another pair has another name in the ledger', async () => {
  const environment = await environmentFor(options);
  expect(environment).toMatchObject({
    name: 'standalone',
    ledger: { kind: 'embedded', folder: path.resolve('.migrate') },
    source: { prefix: '2024/' },
    targets: { target: { prefix: 'copy/' } },
    moves: [{ sourceBucket: 'photos', targetCluster: 'target', targetBucket: 'photos' }],
    bounds: { requestSeconds: 30 },
  });
  const [move] = environment.moves;
  expect(move?.name).toMatch(/^photos-2024-[0-9a-f]{8}$/);
  const same = await environmentFor({ ...options, 'source-endpoint': 'http://127.0.0.1:1/', timeout: '5' });
  expect([same.moves[0]?.name, same.bounds.requestSeconds]).toEqual([move?.name, 5]);
  const other = await environmentFor({ ...options, target: 's3://photos/other' });
  expect(other.moves[0]?.name).not.toBe(move?.name);
  // Names begin with a letter, whatever the bucket is called.
  const odd = await environmentFor({ ...options, source: 's3://2024/9' });
  expect(odd.moves[0]?.name).toMatch(/^bucket-[0-9a-f]{8}$/);
});

test('grants are copied and compared unless both sides are set to ignore them', async () => {
  const aclsOf = async (given: Given) => {
    const { source, targets } = await environmentFor({ ...options, ...given });
    return [source.acls, targets['target']?.acls];
  };
  expect(await aclsOf({})).toEqual(['copy', 'copy']);
  expect(await aclsOf({ acls: 'ignore' })).toEqual(['ignore', 'ignore']);
  await expect(aclsOf({ acls: 'none' })).rejects.toThrow('Allowed choices are copy, ignore.');
});

test.each([['s3://photos'], ['s3://photos/2024'], ['s3://photos/2024/07']])(
  '%s is no target for itself',
  async (target) => {
    await expect(environmentFor({ ...options, target })).rejects.toThrow(
      '--source and --target are both in photos at http://127.0.0.1:1, one within the other',
    );
  },
);

test('an environment and two places at once are refused', async () => {
  await expect(environmentFor({ ...options, environment: 'x.json' })).rejects.toThrow(
    "--environment names a stack's stores and ledger, --source, --source-endpoint, --target, --target-endpoint others: give the one or the others",
  );
});
