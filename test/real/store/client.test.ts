import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RgwAdmin } from '../../../scripts/store/admin.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { BucketControl } from '../../../scripts/store/control.ts';
import { createTopic, deleteTopic } from '../../../scripts/store/topic.ts';
import type { ListedVersion } from '../../../scripts/store/object.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { fencedUser } from '../../support/fenced-user.ts';
import { realServices, type Scratch } from '../../support/real.ts';

let scratch: Scratch;
let client: StoreClient;
let bucket: string;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('client');
  client = await scratch.source();
  bucket = scratch.sourceBucket;
});
afterAll(() => scratch.close());

describe('the client', () => {
  it('tells a missing key from a missing bucket', async () => {
    expect(await client.head(bucket, 'missing')).toBeNull();
    expect(await client.get(bucket, 'missing')).toBeNull();
    await expect(client.head('scratch-no-such-bucket', 'missing')).rejects.toMatchObject({
      code: 'NoSuchBucket',
    });
    expect([await client.bucketExists(bucket), await client.bucketExists('scratch-no-such-bucket')]).toEqual([
      true,
      false,
    ]);
  });

  it('is refused other bytes than their digest, and conditions that do not hold', async () => {
    const other = createHash('md5').update('other').digest('base64');
    await expect(client.put(bucket, 'k', Buffer.from('x'), { contentMd5: other })).rejects.toMatchObject({
      code: 'BadDigest',
    });
    const { etag } = await client.put(bucket, 'k', Buffer.from('x'), { ifNoneMatch: '*' });
    await expect(client.put(bucket, 'k', Buffer.from('y'), { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'PreconditionFailed',
    });
    (await client.get(bucket, 'k', { ifMatch: etag }))?.body.destroy();
    await expect(client.get(bucket, 'k', { ifMatch: '0'.repeat(32) })).rejects.toMatchObject({
      code: 'PreconditionFailed',
    });
  });

  it('presigns URLs of any key', async () => {
    for (const key of AWKWARD_KEYS.filter((each) => !each.includes('./') && !/^\.+$/.test(each))) {
      await client.put(bucket, key, Buffer.from(key));
      const answer = await fetch(await client.presign('GET', bucket, key, { expiresSeconds: 60 }));
      expect([answer.status, await answer.text()]).toEqual([200, key]);
    }
  });

  it('deletes many keys at once, whatever they are', async () => {
    for (const key of AWKWARD_KEYS) await client.put(bucket, key, Buffer.from(key));
    await client.deleteMany(bucket, [...AWKWARD_KEYS, 'missing']);
    const left: string[] = [];
    for await (const object of client.list(bucket)) left.push(object.key);
    expect(left).toEqual(['k']);
  });

  it('lists versions and markers of one key, newest first, and open uploads', async () => {
    const control = await BucketControl.open(client.endpoint, 'applications');
    await control.setVersioning(bucket, true);
    const key = 'versioned +\n';
    await client.put(bucket, key, Buffer.from('1'));
    await client.put(bucket, key, Buffer.from('2'));
    await client.delete(bucket, key);
    await client.put(bucket, `${key}1`, Buffer.from('other'));
    const versions: ListedVersion[] = [];
    for await (const version of client.listVersions(bucket, { key })) versions.push(version);
    expect(versions.map(({ isDeleteMarker, isLatest, size }) => [isDeleteMarker, isLatest, size])).toEqual([
      [true, true, undefined],
      [false, false, 1],
      [false, false, 1],
    ]);
    const [, second] = versions;
    expect((await client.head(bucket, key, { versionId: second?.versionId ?? '' }))?.etag).toBe(
      createHash('md5').update('2').digest('hex'),
    );
    await control.setVersioning(bucket, false);
    expect(await control.versioning(bucket)).toBe('Suspended');
    control.close();

    const uploadId = await client.createUpload(bucket, key);
    const uploads: string[] = [];
    for await (const upload of client.listUploads(bucket)) uploads.push(upload.key);
    expect(uploads).toEqual([key]);
    await client.abortUpload(bucket, key, { uploadId });
  });
});

describe('a suspended user', () => {
  it('is refused at once, and let in again', async () => {
    const user = await fencedUser(scratch, 'client-fenced');
    const { targets, moves } = scratch.environment;
    const admin = await RgwAdmin.open(targets[moves[0]!.targetCluster]!);
    const owner = await scratch.target('applications');
    const fenced = await user.client();
    try {
      await fenced.put(scratch.targetBucket, 'before', Buffer.from('x'));
      await admin.suspendUser(user.uid);
      await expect(fenced.put(scratch.targetBucket, 'after', Buffer.from('x'))).rejects.toMatchObject({
        status: 403,
        code: 'UserSuspended',
      });
      expect(await owner.head(scratch.targetBucket, 'after')).toBeNull();
      await admin.enableUser(user.uid);
      await fenced.put(scratch.targetBucket, 'after', Buffer.from('x'));
      await expect(admin.suspendUser('scratch-no-such-user')).rejects.toMatchObject({ code: 'NoSuchUser' });
    } finally {
      await fenced.close();
      await owner.close();
      await admin.close();
      await user.remove();
    }
  });
});

describe('a bucket’s documents', () => {
  it('keep the customer’s entries while ours come and go', async () => {
    const control = await BucketControl.open(client.endpoint, 'applications');
    const arn = await createTopic(client, {
      name: 'scratch-client',
      pushEndpoint: 'http://127.0.0.1:9/',
      persistent: false,
    });
    const theirs = { id: 'theirs', kind: 'topic' as const, arn, events: ['s3:ObjectCreated:Copy'] };
    const ours = { ...theirs, id: 'ours', events: ['s3:ObjectCreated:*', 's3:ObjectRemoved:*'] };
    try {
      await control.mergeNotification(bucket, [theirs]);
      await control.mergeNotification(bucket, [ours]);
      const { before } = await control.mergeNotification(bucket, [ours]);
      expect(await control.notificationIds(bucket)).toEqual(['theirs', 'ours'].sort());
      expect(before).toContain('<Id>theirs</Id>');
      await control.removeNotification(bucket, ['ours', 'never there']);
      expect(await control.notificationIds(bucket)).toEqual(['theirs']);
      await control.removeNotification(bucket, ['theirs']);
      expect(await control.notificationIds(bucket)).toEqual([]);

      await control.mergeLifecycle(bucket, [{ id: 'theirs', days: 3000 }]);
      await control.mergeLifecycle(bucket, [
        { id: 'ours', date: new Date('2020-01-01'), noncurrentDays: 1, abortUploadDays: 1 },
        { id: 'ours-markers', expiredObjectDeleteMarker: true },
      ]);
      expect((await control.lifecycleIds(bucket)).sort()).toEqual(['ours', 'ours-markers', 'theirs']);
      await control.removeLifecycle(bucket, ['ours', 'ours-markers']);
      expect(await control.lifecycleIds(bucket)).toEqual(['theirs']);
      await control.removeLifecycle(bucket, ['theirs']);
      expect(await control.lifecycleIds(bucket)).toEqual([]);

      const standing = await control.policy(bucket);
      const deny = { Sid: 'Ours', Effect: 'Deny', Principal: '*', Action: ['s3:PutObject'], Resource: [] };
      await control.mergePolicy(bucket, [{ ...deny, Resource: [`arn:aws:s3:::${bucket}/*`] }]);
      expect((await control.policy(bucket))?.Statement).toHaveLength((standing?.Statement.length ?? 0) + 1);
      await control.removePolicy(bucket, ['Ours']);
      expect(await control.policy(bucket)).toEqual(standing);
    } finally {
      await deleteTopic(client, arn);
      control.close();
    }
  });
});
