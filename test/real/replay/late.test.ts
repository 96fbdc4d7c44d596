import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUARANTINE_BUCKET } from '../../../scripts/contract/names.ts';
import { listConflicts } from '../../../scripts/ledger/conflicts.ts';
import { readLateEvents } from '../../../scripts/ledger/pre-hold.ts';
import { quarantineKey } from '../../../scripts/move/replay/act.ts';
import { PairMemory } from '../../../scripts/move/common/pair-memory.ts';
import { REASONS } from '../../../scripts/move/replay/decide.ts';
import { workOff } from '../../../scripts/move/replay/work-off.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { deletion, operation, outcomesOf, replay } from './support.ts';

/** When the hold's canary was written, by S3's clock; and what S3 dates before it. */
const CANARY = new Date('2026-01-01T00:00:00.000Z');
const preHold = { eventTime: new Date('2025-12-31T23:59:59.999Z') };
const KEYS = ['removed', 'overwritten', 'parts', 'tagged', 'client/removed', 'client/overwritten'];
const LATER = [
  'client/deleted',
  'overtaken',
  'after the canary',
  'after the window',
  'race/put',
  'race/delete',
];

let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;
let straggler: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('replay-late');
  [source, target, straggler] = await Promise.all([
    scratch.source(),
    scratch.target(),
    scratch.target('migration-straggler'),
  ]);
});
afterAll(() => scratch.close());

const put = (client: StoreClient, key: string, body: string, tags: Record<string, string> = {}) =>
  client.put(client === source ? scratch.sourceBucket : scratch.targetBucket, key, Buffer.from(body), {
    contentLength: Buffer.byteLength(body),
    tags,
  });
async function read(key: string, bucket = scratch.targetBucket): Promise<string | null> {
  const found = await (bucket === QUARANTINE_BUCKET ? straggler : target).get(bucket, key);
  return found === null ? null : Buffer.concat(await found.body.toArray()).toString();
}
const replayed = (...operations: Parameters<typeof replay>[2]) =>
  replay(scratch.environment, scratch.ledger, operations);
const reasonsOf = async (key: string) =>
  (await listConflicts(scratch.ledger)).filter((one) => one.key === key).map(({ reason }) => reason);
async function versionsOf(key: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { versionId, isDeleteMarker } of target.listVersions(scratch.targetBucket, { key })) {
    ids.push(isDeleteMarker ? 'marker' : versionId === 'null' ? 'ours' : 'version');
  }
  return ids;
}

test('keys are copied, and the applications turn to Ceph', async () => {
  for (const key of [...KEYS, ...LATER]) await put(source, key, 's3');
  await replayed(...[...KEYS, ...LATER].map((key) => operation(key, preHold)));
  const { targets, moves } = scratch.environment;
  const control = await BucketControl.open(targets[moves[0]!.targetCluster]!, 'applications');
  await control.setVersioning(scratch.targetBucket, true);
  control.close();
  await scratch.ledger.query(
    `UPDATE move SET phase = 'cutover', epoch = epoch + 1, writes_go_to = 'target', cutover_at = now()`,
  );
  await scratch.ledger.query(
    `INSERT INTO pre_hold (move, events_before, received_until) VALUES ('scratch', $1, now() + interval '15 minutes')`,
    [CANARY],
  );
  expect(await versionsOf('removed')).toEqual(['ours']);
});

describe('what was done before the hold and S3 tells of after the turn', () => {
  test('a delete that S3 reports a minute late still removes the object on Ceph', async () => {
    await source.delete(scratch.sourceBucket, 'removed');
    await replayed(deletion('removed', preHold));
    expect(await outcomesOf(scratch.ledger, 'removed')).toEqual(['copied', 'deleted']);
    expect(await read('removed')).toBeNull();
    expect(await versionsOf('removed')).toEqual([]);
  });

  test('an overwrite that S3 reports a minute late still replaces the object on Ceph', async () => {
    const { etag } = await put(source, 'overwritten', 'new', { a: 'b' });
    await replayed(operation('overwritten', { ...preHold, etag }));
    expect(await outcomesOf(scratch.ledger, 'overwritten')).toEqual(['copied', 'applied']);
    expect(await read('overwritten')).toBe('new');
    await expect(target.tags(scratch.targetBucket, 'overwritten')).resolves.toEqual({ a: 'b' });
    expect(await versionsOf('overwritten')).toEqual(['version']);
    const { rows } = await scratch.ledger.query<{ position: bigint }>(
      `SELECT max(position) AS position FROM operation WHERE key = 'overwritten'`,
    );
    const kept = quarantineKey('scratch', 'overwritten', rows[0]!.position);
    await expect(straggler.head(QUARANTINE_BUCKET, kept)).resolves.toBeNull();
  });

  test('so does an upload in parts', async () => {
    const { sourceBucket, targetBucket } = scratch;
    const part = Buffer.alloc(5 * 1024 * 1024, 'x');
    const uploadId = await source.createUpload(sourceBucket, 'parts');
    const more = { uploadId, partNumber: 1, body: part, contentLength: part.length };
    const etag = await source.uploadPart(sourceBucket, 'parts', more);
    await source.completeUpload(sourceBucket, 'parts', { uploadId, parts: [{ partNumber: 1, etag }] });
    const head = await source.head(sourceBucket, 'parts');
    await replayed(operation('parts', { ...preHold, etag: head!.etag }));
    expect(await outcomesOf(scratch.ledger, 'parts')).toEqual(['copied', 'applied']);
    expect((await target.head(targetBucket, 'parts'))?.size).toBe(part.length);
  });

  test('and so does a change of tags', async () => {
    const { etag } = await put(source, 'tagged', 's3', { a: 'b' });
    await replayed(operation('tagged', { ...preHold, etag, eventName: 'ObjectTagging:Put' }));
    await expect(target.tags(scratch.targetBucket, 'tagged')).resolves.toEqual({ a: 'b' });
    expect(await reasonsOf('tagged')).toEqual([]);
  });

  test("where a client has written or deleted the key on Ceph the client's word stands", async () => {
    await put(target, 'client/removed', 'by a client');
    await put(target, 'client/overwritten', 'by a client');
    await target.delete(scratch.targetBucket, 'client/deleted');
    await source.delete(scratch.sourceBucket, 'client/removed');
    const { etag } = await put(source, 'client/overwritten', 'new');
    await put(source, 'client/deleted', 'new');
    await replayed(
      deletion('client/removed', preHold),
      operation('client/overwritten', { ...preHold, etag }),
      operation('client/deleted', { ...preHold, etag }),
    );
    expect(await read('client/removed')).toBe('by a client');
    expect(await read('client/overwritten')).toBe('by a client');
    expect(await read('client/deleted')).toBeNull();
    expect(await reasonsOf('client/removed')).toEqual([REASONS.deleted]);
    expect(await reasonsOf('client/overwritten')).toEqual([REASONS.overwritten]);
    expect(await reasonsOf('client/deleted')).toEqual([REASONS.overwritten]);
  });

  test.each(['put', 'delete'] as const)(
    "a %s never undoes a client's write that lands while it is applied",
    async (kind) => {
      const { sourceBucket, targetBucket } = scratch;
      const key = `race/${kind}`;
      if (kind === 'put') await put(source, key, 'new');
      else await source.delete(sourceBucket, key);
      const etag = (await source.head(sourceBucket, key))?.etag ?? null;
      const target = interrupted(straggler, key);
      const sides = { source, sourceBucket, target, targetBucket, user: 'migration-straggler' };
      const seen = {
        position: 1n,
        kind,
        eventName: '',
        sequencer: '9',
        etag,
        duplicate: false,
        preHold: true,
      };
      const live = { assertLive: () => undefined };
      const memory = new PairMemory(scratch.ledger, 'scratch');
      const done = await workOff(sides, memory, live, { move: 'scratch', key }, 'target', [seen]);
      expect(await read(key)).toBe('by a client');
      expect(done?.conflicts.map(({ reason }) => reason)).toEqual([
        kind === 'put' ? REASONS.overwritten : REASONS.deleted,
      ]);
    },
  );

  test('a delete that a later write of before the hold had overtaken says nothing', async () => {
    const early = deletion('overtaken', preHold);
    await replayed(operation('overtaken', preHold));
    await source.delete(scratch.sourceBucket, 'overtaken'); // by a straggler
    await replayed(early);
    expect(await read('overtaken')).toBe('s3');
    expect(await reasonsOf('overtaken')).toEqual([REASONS.deleted]);
  });

  test('what S3 dates after the canary is a conflict', async () => {
    await source.delete(scratch.sourceBucket, 'after the canary');
    await replayed(deletion('after the canary', { eventTime: CANARY }));
    expect(await read('after the canary')).toBe('s3');
    expect(await reasonsOf('after the canary')).toEqual([REASONS.deleted]);
  });

  test('the status counts what was applied', async () => {
    expect(await readLateEvents(scratch.ledger, 'scratch')).toMatchObject({ applied: 4, open: 0 });
  });

  test('what comes when the window has ended is a conflict', async () => {
    await scratch.ledger.query('UPDATE pre_hold SET received_until = now()');
    await source.delete(scratch.sourceBucket, 'after the window');
    await replayed(deletion('after the window', preHold));
    expect(await read('after the window')).toBe('s3');
    expect(await reasonsOf('after the window')).toEqual([REASONS.deleted]);
  });
});

/** A client of Ceph beside which an application writes the key as soon as our version is gone. */
function interrupted(client: StoreClient, key: string): StoreClient {
  return new Proxy(client, {
    get(whole, name) {
      const member: unknown = Reflect.get(whole, name, whole);
      if (name !== 'delete') {
        return typeof member === 'function' ? (member.bind(whole) as unknown) : member;
      }
      return async (...args: Parameters<StoreClient['delete']>) => {
        await whole.delete(...args);
        if (args[2]?.versionId === 'null') await put(target, key, 'by a client');
      };
    },
  });
}
