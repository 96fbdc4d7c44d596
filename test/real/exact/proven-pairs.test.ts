import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Move } from '../../../scripts/contract/environment.ts';
import type { Certificate } from '../../../scripts/ledger/certificates.ts';
import { readPairs } from '../../../scripts/ledger/proven-pairs.ts';
import { runReplay } from '../../../scripts/move/replay/worker.ts';
import type { CertificateFile } from '../../../scripts/move/verify/certificate-file.ts';
import { takeContainmentCertificate } from '../../../scripts/move/verify/containment.ts';
import { certifyInHold, recertify, takeBaseCertificate } from '../../../scripts/move/verify/parity.ts';
import { recheck } from '../../../scripts/move/verify/recheck.ts';
import { EncryptedSource } from '../../support/encrypted-source.ts';
import { FaultyProxy } from '../../support/faulty-proxy.ts';
import { findingsOf, touch } from '../verify/support.ts';
import { MIB, openPair, type Pair } from './support.ts';

const PARTS = [6 * MIB, 5 * MIB, 77];
/** Each byte once. What is big is asked for and left, then read by a request, or by one a part. */
const ONCE = ['parts', 'parts', 'parts', 'parts', 'small', 'streamed', 'streamed'];

let pair: Pair;
let move: Move;
let encrypted: EncryptedSource;
beforeAll(async () => {
  pair = await openPair('proven-pairs');
  [move] = pair.scratch.environment.moves as [Move];
  encrypted = await EncryptedSource.before(pair.scratch.environment.source.endpoint);
});
beforeEach(async () => {
  await pair.empty();
  await pair.scratch.ledger.query('TRUNCATE proven_pair, operation, certificate');
  encrypted.read.length = 0;
});
afterAll(async () => {
  await encrypted.stop();
  await pair.scratch.close();
});

const throughKms = () => ({ ...pair.scratch.environment, ...pair.sourceAt(encrypted.url) });
const base = (environment = throughKms()): Promise<Certificate> =>
  takeBaseCertificate(environment, pair.scratch.ledger, move, { settleSeconds: 0 });
/** The keys whose bytes were read since the last call. */
const readNow = (): string[] => encrypted.read.splice(0).sort();

/** A small object, one that is copied as a stream, and one of parts. */
async function fill(): Promise<void> {
  await pair.put('small', 'a few bytes', { metadata: { a: '1' } });
  await pair.put('streamed', Buffer.alloc(2 * MIB, 'x'));
  await pair.upload('parts', PARTS, { tags: { kind: 'big' } });
}

test('encrypted with KMS: copied once, and known as equal by sync and verify from then on', async () => {
  await fill();
  expect(await pair.sync(pair.sourceAt(encrypted.url))).toMatchObject({ copied: 3, failed: 0 });
  expect(readNow()).toEqual(ONCE);
  expect(await pair.sync(pair.sourceAt(encrypted.url))).toMatchObject({ copied: 0, failed: 0 });
  const certificate = await base();
  expect(findingsOf(certificate)).toEqual([]);
  expect(certificate.document).toMatchObject({ objects: 3, comparedByBytes: 0 });
  expect(findingsOf(await recertify(throughKms(), pair.scratch.ledger, move))).toEqual([]);
  expect(readNow()).toEqual([]);
});

test('the parts that Amazon S3 tells of an encrypted object are uploaded once', async () => {
  const telling = await EncryptedSource.before(pair.scratch.environment.source.endpoint, () => PARTS);
  let uploads = 0;
  const target = await FaultyProxy.before(pair.target.endpoint.endpoint, ({ method, query }) => {
    if (method === 'POST' && query.has('uploads')) uploads += 1;
    return null;
  });
  try {
    await pair.upload('parts', PARTS);
    const ends = { ...pair.sourceAt(telling.url), ...pair.targetAt(target.url) };
    expect(await pair.sync(ends)).toMatchObject({ copied: 1, failed: 0 });
    expect(telling.read).toEqual(['parts', 'parts', 'parts', 'parts']);
    expect(uploads).toBe(1);
  } finally {
    await Promise.all([telling.stop(), target.stop()]);
  }
});

test('uneven parts are uploaded once, and known as equal from then on', async () => {
  await pair.upload('uneven', [6 * MIB, 5 * MIB, 7 * MIB + 1]);
  const asked: string[] = [];
  const target = await FaultyProxy.before(pair.target.endpoint.endpoint, ({ method, path, query }) => {
    if (method === 'POST' && query.has('uploads')) asked.push('upload');
    if (method === 'GET' && path.endsWith('/uneven') && query.size === 0) asked.push('read');
    return null;
  });
  try {
    const change = pair.targetAt(target.url);
    expect(await pair.sync(change)).toMatchObject({ copied: 1, failed: 0 });
    expect(await pair.sync(change)).toMatchObject({ copied: 0, failed: 0 });
    expect(findingsOf(await base({ ...pair.scratch.environment, ...change }))).toEqual([]);
    expect(asked).toEqual(['upload']);
  } finally {
    await target.stop();
  }
});

test('what verify has read is not read again, nor copied', async () => {
  const { scratch, source, target } = pair;
  for (const key of ['a', 'b']) {
    await source.put(scratch.sourceBucket, key, Buffer.from(`of ${key}`));
    await target.put(scratch.targetBucket, key, Buffer.from(`of ${key}`));
  }
  expect((await base()).document).toMatchObject({ comparedByBytes: 2, findings: { total: 0 } });
  expect(readNow()).toEqual(['a', 'b']);
  expect((await base()).document).toMatchObject({ comparedByBytes: 0, findings: { total: 0 } });
  expect(await pair.sync(pair.sourceAt(encrypted.url))).toMatchObject({ copied: 0 });
  expect(readNow()).toEqual([]);
});

test('a pair says nothing of another object of either side, however alike', async () => {
  const { scratch, source, target } = pair;
  await fill();
  await pair.sync(pair.sourceAt(encrypted.url));
  await source.put(scratch.sourceBucket, 'small', Buffer.from('other bytes'), { metadata: { a: '1' } });
  await target.put(scratch.targetBucket, 'streamed', Buffer.alloc(2 * MIB, 'y'), {
    headers: (await target.head(scratch.targetBucket, 'streamed'))?.headers ?? {},
  });
  const certificate = await base();
  expect(findingsOf(certificate)).toEqual([
    { key: 'small', differs: ['etag', 'bytes'] },
    { key: 'streamed', differs: ['etag', 'bytes'] },
  ]);
  expect(await pair.sync(pair.sourceAt(encrypted.url))).toMatchObject({ copied: 2 });
  expect(findingsOf(await base())).toEqual([]);
});

test('a pair excuses the ETag alone: other metadata is a finding, and sync mends it', async () => {
  const { scratch, source, target } = pair;
  await source.put(scratch.sourceBucket, 'k', Buffer.from('x'), { metadata: { a: '1' } });
  await target.put(scratch.targetBucket, 'k', Buffer.from('x'), { metadata: { a: '2' } });
  expect(findingsOf(await base())).toEqual([{ key: 'k', differs: ['metadata'] }]);
  expect(await pair.sync(pair.sourceAt(encrypted.url))).toMatchObject({ copied: 1 });
  expect(findingsOf(await base())).toEqual([]);
});

test('what replay copies is known in the hold, which reads no bytes; containment knows it too', async () => {
  const { ledger } = pair.scratch;
  await base();
  await fill();
  await touch(pair.scratch, ['parts', 'small', 'streamed'], false);
  const stop = new AbortController().signal;
  const replayed = await runReplay(throughKms(), { follow: false, concurrency: 4, stop });
  expect(replayed).toEqual({ outcomes: { copied: 3 }, failedKeys: 0 });
  expect(readNow()).toEqual(ONCE);
  expect(await certifyInHold(throughKms(), ledger, move)).toMatchObject({ compared: 3, findings: [] });
  const contained = await takeContainmentCertificate(throughKms(), ledger, move);
  expect(contained.document).toMatchObject({ comparedByBytes: 0, classes: { equal: 3, unexplained: 0 } });
  expect(readNow()).toEqual([]);
});

test('an answer that breaks off while bytes are compared is asked for again', async () => {
  const { scratch, source, target } = pair;
  await source.put(scratch.sourceBucket, 'k', Buffer.alloc(MIB, 'x'));
  await target.put(scratch.targetBucket, 'k', Buffer.alloc(MIB, 'x'));
  let left = 2;
  const faulty = await FaultyProxy.before(encrypted.url, ({ method, path, query }) =>
    method === 'GET' && path.endsWith('/k') && query.size === 0 && left-- > 0
      ? { kind: 'answer-cut', bytes: 1000 }
      : null,
  );
  try {
    expect(findingsOf(await base({ ...scratch.environment, ...pair.sourceAt(faulty.url) }))).toEqual([]);
    expect(faulty.spoiled).toEqual({ 'answer-cut': 2 });
    const pairs = await readPairs(scratch.ledger, 'scratch', ['k']);
    expect(pairs.get('k')).toMatchObject([{ sourceSize: MIB, targetVersion: 'null', provenBy: 'bytes' }]);
  } finally {
    await faulty.stop();
  }
});

test('a certificate of uneven parts holds at the target too, until something changes there', async () => {
  const { scratch, target } = pair;
  await fill();
  await pair.upload('uneven', [6 * MIB, 5 * MIB, 7 * MIB + 1]);
  await pair.sync();
  const certificate = await base(scratch.environment);
  const file = { certificate } as unknown as CertificateFile;
  const matches = async (): Promise<unknown> =>
    (await recheck(file, 'target', target, scratch.targetBucket)).matches;
  expect(findingsOf(certificate)).toEqual([]);
  expect(await recheck(file, 'source', pair.source, scratch.sourceBucket)).toMatchObject({ matches: true });
  expect(await matches()).toBe(true);
  await target.put(scratch.targetBucket, 'small', Buffer.from('A few bytes'), { metadata: { a: '1' } });
  expect(await matches()).toBe(false);
});
