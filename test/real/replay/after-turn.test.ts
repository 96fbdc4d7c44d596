import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listConflicts } from '../../../scripts/ledger/conflicts.ts';
import { QUARANTINE_BUCKET } from '../../../scripts/contract/names.ts';
import { REASONS } from '../../../scripts/move/replay/decide.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { deletion, operation, outcomesOf, replay } from './support.ts';

let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;
let straggler: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('replay-after');
  [source, target, straggler] = await Promise.all([
    scratch.source(),
    scratch.target(),
    scratch.target('migration-straggler'),
  ]);
});
afterAll(() => scratch.close());

const put = (client: StoreClient, key: string, body: string) =>
  client.put(client === source ? scratch.sourceBucket : scratch.targetBucket, key, Buffer.from(body), {
    contentLength: Buffer.byteLength(body),
  });
async function read(key: string, bucket = scratch.targetBucket): Promise<string | null> {
  const found = await (bucket === QUARANTINE_BUCKET ? straggler : target).get(bucket, key);
  return found === null ? null : Buffer.concat(await found.body.toArray()).toString();
}
const replayed = (...operations: Parameters<typeof replay>[2]) =>
  replay(scratch.environment, scratch.ledger, operations);
const conflictsOf = async (key: string) =>
  (await listConflicts(scratch.ledger)).filter((conflict) => conflict.key === key);

/** What was handled while S3 was the truth; the events come again in the tests. */
const early = {
  kept: operation('kept'),
  overwritten: operation('overwritten'),
  deleted: operation('deleted'),
};

describe('before', () => {
  test('keys are copied, the store turns, applications overwrite and delete', async () => {
    for (const key of Object.keys(early)) await put(source, key, 's3');
    await replayed(...Object.values(early));
    const { targets, moves } = scratch.environment;
    const control = await BucketControl.open(targets[moves[0]!.targetCluster]!, 'applications');
    await control.setVersioning(scratch.targetBucket, true);
    control.close();
    await scratch.ledger.query(
      `UPDATE move SET phase = 'cutover', epoch = epoch + 1, writes_go_to = 'target', cutover_at = now()`,
    );
    await put(target, 'overwritten', 'ceph');
    await target.delete(scratch.targetBucket, 'deleted');
  });
});

describe('what comes late or again changes nothing', () => {
  test('a redelivered event is a duplicate', async () => {
    await replayed(...Object.values(early));
    expect(await outcomesOf(scratch.ledger, 'overwritten')).toEqual(['copied', 'duplicate']);
    expect([await read('kept'), await read('overwritten'), await read('deleted')]).toEqual([
      's3',
      'ceph',
      null,
    ]);
  });

  test('one that comes for the first time, or without a sequencer, is equal or superseded', async () => {
    await replayed(
      operation('kept'),
      operation('overwritten', { sequencer: undefined }),
      operation('deleted'),
    );
    expect(await outcomesOf(scratch.ledger, 'kept')).toEqual(['copied', 'duplicate', 'equal']);
    expect(await outcomesOf(scratch.ledger, 'overwritten')).toEqual(['copied', 'duplicate', 'superseded']);
    expect(await outcomesOf(scratch.ledger, 'deleted')).toEqual(['copied', 'duplicate', 'superseded']);
    expect([await read('kept'), await read('overwritten'), await read('deleted')]).toEqual([
      's3',
      'ceph',
      null,
    ]);
    expect(await listConflicts(scratch.ledger)).toEqual([]);
  });

  test('an expiry on S3 deletes nothing on Ceph, once or twice', async () => {
    await source.delete(scratch.sourceBucket, 'kept');
    const expiry = operation('kept', { kind: 'expire', eventName: 'LifecycleExpiration:Delete' });
    await replayed(expiry, expiry);
    expect((await outcomesOf(scratch.ledger, 'kept')).slice(-2)).toEqual(['ignored', 'ignored']);
    expect(await read('kept')).toBe('s3');
  });
});

describe('what a straggler does on S3', () => {
  test('a delete is reported and not applied', async () => {
    await replayed(deletion('kept'));
    expect(await read('kept')).toBe('s3');
    expect(await conflictsOf('kept')).toMatchObject([
      { kind: 'delete', reason: REASONS.deleted, quarantineKey: null },
    ]);
  });

  test('a new key is applied, with headers, metadata and tags', async () => {
    const body = Buffer.from('late');
    await source.put(scratch.sourceBucket, 'late/ü +1', body, {
      contentLength: body.length,
      headers: { contentType: 'image/png' },
      metadata: { from: 'straggler' },
      tags: { a: 'b' },
    });
    await replayed(operation('late/ü +1'));
    expect(await outcomesOf(scratch.ledger, 'late/ü +1')).toEqual(['applied']);
    const found = await target.get(scratch.targetBucket, 'late/ü +1');
    expect(found?.head).toMatchObject({
      headers: { contentType: 'image/png' },
      metadata: { from: 'straggler' },
    });
    expect(Buffer.concat(await found!.body.toArray()).toString()).toBe('late');
    await expect(target.tags(scratch.targetBucket, 'late/ü +1')).resolves.toEqual({ a: 'b' });
  });

  test('an upload in parts to a new key is applied too, and known again', async () => {
    const { sourceBucket, targetBucket } = scratch;
    const part = Buffer.alloc(5 * 1024 * 1024, 'x');
    const uploadId = await source.createUpload(sourceBucket, 'session');
    const etag = await source.uploadPart(sourceBucket, 'session', {
      uploadId,
      partNumber: 1,
      body: part,
      contentLength: part.length,
    });
    await source.completeUpload(sourceBucket, 'session', { uploadId, parts: [{ partNumber: 1, etag }] });
    await replayed(operation('session', { eventName: 'ObjectCreated:CompleteMultipartUpload' }));
    await replayed(operation('session', { eventName: 'ObjectCreated:CompleteMultipartUpload' }));
    expect(await outcomesOf(scratch.ledger, 'session')).toEqual(['applied', 'equal']);
    expect((await target.head(targetBucket, 'session'))?.size).toBe(part.length);
  });

  test('an overwrite is a conflict, its bytes kept in quarantine', async () => {
    const { etag } = await put(source, 'overwritten', 'by a straggler');
    await replayed(operation('overwritten', { etag }));
    expect(await read('overwritten')).toBe('ceph');
    const [conflict, ...more] = await conflictsOf('overwritten');
    expect(more).toEqual([]);
    expect(conflict).toMatchObject({
      kind: 'put',
      sourceEtag: etag,
      sourceSize: 14,
      quarantineBucket: QUARANTINE_BUCKET,
      quarantineKey: `scratch/overwritten/${conflict?.position}`,
      reason: REASONS.overwritten,
    });
    expect(await read(conflict?.quarantineKey ?? '', QUARANTINE_BUCKET)).toBe('by a straggler');
  });

  test('writing again what applications deleted on Ceph is a conflict: nothing comes back', async () => {
    await put(source, 'deleted', 'by a straggler');
    await replayed(operation('deleted'));
    expect(await read('deleted')).toBeNull();
    const [conflict] = await conflictsOf('deleted');
    expect(await read(conflict?.quarantineKey ?? '', QUARANTINE_BUCKET)).toBe('by a straggler');
  });

  test('what landed over a delete marker because its writer was killed in between is taken back', async () => {
    const { sourceBucket, targetBucket } = scratch;
    await put(source, 'raced', 'by a straggler');
    await target.delete(targetBucket, 'raced'); // the marker of a key that never was
    const body = Buffer.from('by a straggler');
    await straggler.put(targetBucket, 'raced', body, {
      contentLength: body.length,
      ifNoneMatch: '*',
      acl: 'bucket-owner-full-control',
    });
    expect(await read('raced')).toBe('by a straggler'); // RGW let it pass
    await replayed(operation('raced'));
    expect(await read('raced')).toBeNull();
    expect(await outcomesOf(scratch.ledger, 'raced')).toEqual(['conflict']);
    expect(await conflictsOf('raced')).toMatchObject([{ kind: 'put', quarantineBucket: QUARANTINE_BUCKET }]);
    await expect(source.head(sourceBucket, 'raced')).resolves.not.toBeNull();
  });

  test('bytes that are gone from S3 before they could be read are reported', async () => {
    await replayed(operation('vanished', { etag: 'd41d8cd98f00b204e9800998ecf8427e' }));
    expect(await conflictsOf('vanished')).toMatchObject([
      { kind: 'put', reason: REASONS.gone, quarantineKey: null },
    ]);
  });
});
