import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Environment } from '../../../scripts/contract/environment.ts';
import { describe as describeObject } from '../../../scripts/store/compare.ts';
import type { ObjectAttributes } from '../../../scripts/store/object.ts';
import { MISSING } from '../../../scripts/move/common/compare-key.ts';
import { FaultyProxy, type Passing } from '../../support/faulty-proxy.ts';
import { MIB, openPair, type Pair } from './support.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await openPair('exact-attributes');
});
beforeEach(() => pair.empty());
afterAll(() => pair.scratch.close());

const onTarget = (key: string) => describeObject(pair.target, pair.scratch.targetBucket, key);
const ANYBODY = 'READ uri="http://acs.amazonaws.com/groups/global/AllUsers"';

const ALL: ObjectAttributes = {
  headers: {
    contentType: 'image/jpeg; charset=binary',
    contentEncoding: 'gzip, identity',
    contentDisposition: 'attachment; filename="Käse.jpg"; filename*=UTF-8\'\'K%C3%A4se.jpg',
    contentLanguage: 'de, en-GB',
    cacheControl: 'public, max-age=31536000, immutable',
    expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
  },
  metadata: {
    title: 'Käse  mit  Löchern',
    japanese: '寿司 🍣',
    decomposed: 'cafe\u0301',
    encoded: '=?UTF-8?B?w7w=?=',
    empty: '',
    // Latin-1, as old tools sent it: a byte that is no UTF-8.
    latin: 'K\udce4se',
  },
  tags: { 'a b': 'ü=+&', empty: '', 'k:/.-@': 'v', 寿司: '🍣' },
};

/** As RGW 16.2.15 tells such bytes, on either side. */
const TOLD = { ...ALL.metadata, latin: '=?UTF-8?Q?K=E4se?=' };

test('headers, metadata and tags come over exactly: sent whole, as a stream, and in parts', async () => {
  await pair.put('whole', randomBytes(10), ALL);
  await pair.put('empty', '', ALL);
  await pair.put('stream', randomBytes(2 * MIB), { ...ALL, headers: { ...ALL.headers, expires: 'never' } });
  await pair.upload('parts', [5 * MIB, 1], ALL);
  await pair.put('bare', 'x');
  expect(await pair.sync()).toMatchObject({ copied: 5, failed: 0 });
  expect(await pair.differences()).toEqual([]);
  for (const key of ['whole', 'empty', 'parts']) {
    const described = await onTarget(key);
    expect([key, described?.head.headers, described?.head.metadata, described?.tags]).toEqual([
      key,
      ALL.headers,
      TOLD,
      ALL.tags,
    ]);
  }
  expect((await onTarget('stream'))?.head.headers.expires).toBe('never');
  expect((await onTarget('bare'))?.head.headers).toEqual({ contentType: 'binary/octet-stream' });
});

test('old objects go to the storage class of the rule, whichever way they are sent; new ones where new ones go', async () => {
  const rule = (afterDays: number) => pair.moving({ coldClass: { storageClass: 'STANDARD_IA', afterDays } });
  await pair.put('new', 'x');
  await pair.sync(rule(1));
  await pair.put('old', 'x');
  await pair.put('old and streamed', randomBytes(2 * MIB));
  await pair.upload('old and in parts', [5 * MIB, 1]);
  expect(await pair.sync(rule(0))).toMatchObject({ copied: 3, failed: 0 });
  const classes: Record<string, string> = {};
  for await (const { key, storageClass } of pair.target.list(pair.scratch.targetBucket)) {
    classes[key] = storageClass ?? '';
  }
  expect(classes).toEqual({
    new: 'STANDARD',
    old: 'STANDARD_IA',
    'old and streamed': 'STANDARD_IA',
    'old and in parts': 'STANDARD_IA',
  });
  expect(await pair.differences()).toEqual([]);
});

/** Grants of the source: to anybody, to a user of both clusters, and to one that the target does not know. */
async function fillWithGrants(): Promise<void> {
  await pair.put('private', 'x');
  await pair.put('public', 'x', { acl: 'public-read' });
  await pair.upload('public in parts', [5 * MIB, 1], { acl: 'public-read' });
  await pair.put('of both', 'x', { grants: { 'x-amz-grant-read': 'id="admin"' } });
  await pair.put('stranger', 'x', { grants: { 'x-amz-grant-read-acp': 'id="migration"' } });
}

test('grants come over; one to a user that the target does not know is reported, and the rest goes on', async () => {
  await fillWithGrants();
  expect(await pair.sync()).toMatchObject({ copied: 4, failed: 1 });
  expect((await onTarget('private'))?.acl).toBe('');
  expect((await onTarget('public'))?.acl).toBe(ANYBODY);
  expect((await onTarget('public in parts'))?.acl).toBe(ANYBODY);
  expect((await onTarget('of both'))?.acl).toBe('READ id="admin"');
  expect(await pair.failures()).toEqual([
    {
      key: 'stranger',
      reason: expect.stringMatching(
        /^The target refuses stranger with the grants of its source \(READ_ACP id="migration"\): PUT .* was answered 404/,
      ) as unknown,
    },
  ]);
  expect(await pair.differences()).toEqual([{ key: 'stranger', differs: [MISSING] }]);

  // To leave grants out, both sides must say so.
  const { source, targets } = pair.scratch.environment;
  const ignoring: Partial<Environment> = {
    source: { ...source, acls: 'ignore' },
    targets: Object.fromEntries(
      Object.entries(targets).map(([cluster, each]) => [cluster, { ...each, acls: 'ignore' as const }]),
    ),
  };
  expect(await pair.sync(ignoring)).toMatchObject({ copied: 1, failed: 0 });
  expect((await onTarget('stranger'))?.acl).toBe('');
  expect(await pair.differences(ignoring)).toEqual([]);
  expect((await pair.differences()).map(({ key, differs }) => [key, differs])).toEqual([
    ['stranger', ['acl']],
  ]);
});

test('a target whose bucket takes no ACLs gets what has none; what has some is reported by name', async () => {
  await pair.put('private', 'x');
  await pair.put('public', 'x', { acl: 'public-read' });
  // As Amazon S3 answers for a bucket of BucketOwnerEnforced.
  const takesNone = ({ method, headers }: Passing) => {
    const asks = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
    const owners = headers['x-amz-acl'] ?? 'bucket-owner-full-control';
    return method === 'PUT' && (asks || owners !== 'bucket-owner-full-control');
  };
  const { endpoint } = pair.target.endpoint;
  const proxy = await FaultyProxy.before(endpoint, (request) =>
    takesNone(request) ? { kind: 'refused', status: 400, code: 'AccessControlListNotSupported' } : null,
  );
  try {
    expect(await pair.sync(pair.targetAt(proxy.url))).toMatchObject({ copied: 1, failed: 1 });
  } finally {
    await proxy.stop();
  }
  expect(await pair.failures()).toEqual([
    { key: 'public', reason: expect.stringContaining('400 AccessControlListNotSupported') as unknown },
  ]);
  expect((await pair.failures())[0]?.reason).toContain(`with the grants of its source (${ANYBODY})`);
});

test('a source whose bucket has ACLs switched off is asked for none', async () => {
  await pair.put('public', 'x', { acl: 'public-read' });
  const asked: string[] = [];
  const enforced =
    '<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>';
  const proxy = await FaultyProxy.before(pair.source.endpoint.endpoint, ({ path, query }) => {
    if (query.has('ownershipControls')) return { kind: 'answered', body: enforced };
    if (query.has('acl')) asked.push(path);
    return null;
  });
  try {
    const { source } = pair.scratch.environment;
    const amazon = { source: { ...source, kind: 'aws' as const, endpoint: proxy.url } };
    expect(await pair.sync(amazon)).toMatchObject({ copied: 1, failed: 0 });
  } finally {
    await proxy.stop();
  }
  expect(proxy.spoiled).toEqual({ answered: 1 });
  expect(asked).toEqual([]);
  expect((await onTarget('public'))?.acl).toBe('');
});
