import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe as suite, expect, it } from 'vitest';
import { BucketControl } from '../../../scripts/store/control.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { compareObjects, describe } from '../../../scripts/store/compare.ts';
import { copyObject } from '../../../scripts/store/copying.ts';
import type { CopyRequest, CopyResult } from '../../../scripts/store/copy-request.ts';
import { digestOf } from '../../../scripts/store/bytes.ts';
import { AWKWARD_KEYS } from '../../support/awkward-keys.ts';
import { realServices, type Scratch } from '../../support/real.ts';

const MIB = 1024 * 1024;
let scratch: Scratch;
let source: StoreClient;
let target: StoreClient;

beforeAll(async () => {
  scratch = await (await realServices()).scratch('copying');
  source = await scratch.source();
  target = await scratch.target('migration-sync');
});
afterAll(() => scratch.close());

function copy(key: string, options: Partial<CopyRequest> = {}): Promise<CopyResult> {
  const { sourceBucket, targetBucket } = scratch;
  return copyObject({ source, sourceBucket, target, targetBucket, key, ownsTarget: true, ...options });
}

/** What differs, bytes included. */
async function differences(key: string): Promise<string[]> {
  const left = await describe(source, scratch.sourceBucket, key);
  const right = await describe(target, scratch.targetBucket, key);
  if (left === null || right === null) return ['missing'];
  const [one, other] = await Promise.all([
    digestOf({ client: source, bucket: scratch.sourceBucket, key }),
    digestOf({ client: target, bucket: scratch.targetBucket, key }),
  ]);
  return [...compareObjects(left, right), ...(one === other ? [] : ['bytes'])];
}

async function upload(key: string, sizes: number[]): Promise<void> {
  const bucket = scratch.sourceBucket;
  const uploadId = await source.createUpload(bucket, key, {
    headers: { contentType: 'image/png' },
    metadata: { made: 'in parts' },
  });
  const parts = [];
  for (const [index, size] of sizes.entries()) {
    const part = { uploadId, partNumber: index + 1, body: randomBytes(size), contentLength: size };
    parts.push({ partNumber: index + 1, etag: await source.uploadPart(bucket, key, part) });
  }
  await source.completeUpload(bucket, key, { uploadId, parts });
  await source.setTags(bucket, key, { kind: 'big' });
}

/** The source's client, some of whose methods are others. */
function sourceWith(replaced: Partial<Pick<StoreClient, 'get' | 'read'>>): StoreClient {
  return new Proxy(source, {
    get(client, name) {
      if (name === 'get' || name === 'read') return replaced[name] ?? source[name].bind(source);
      const member = Reflect.get(client, name, client) as unknown;
      return typeof member === 'function' ? (member.bind(client) as unknown) : member;
    },
  });
}

suite('copying', () => {
  it('keeps every awkward key exactly', async () => {
    for (const [index, key] of AWKWARD_KEYS.entries()) {
      await source.put(
        scratch.sourceBucket,
        key,
        Buffer.from(key.endsWith('marker/') ? '' : `body ${index}`),
      );
      expect((await copy(key)).outcome).toBe('copied');
      expect([key, await differences(key)]).toEqual([key, []]);
    }
    const listed: string[] = [];
    for await (const object of target.list(scratch.targetBucket)) listed.push(object.key);
    const expected = [...AWKWARD_KEYS].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(listed).toEqual(expected);
    const byPages: string[] = [];
    for (let more = true; more;) {
      const page = await target.listPage(scratch.targetBucket, { after: byPages.at(-1) ?? '', maxKeys: 2 });
      byPages.push(...page.objects.map((object) => object.key));
      more = page.truncated;
    }
    expect(byPages).toEqual(expected);
  });

  it('keeps headers, metadata, tags and grants, for objects sent whole and as a stream', async () => {
    for (const size of [0, 10, 3 * MIB]) {
      const key = `described-${size}`;
      await source.put(scratch.sourceBucket, key, randomBytes(size), {
        headers: {
          contentType: 'image/jpeg',
          contentEncoding: 'identity',
          contentDisposition: 'attachment; filename="Käse.jpg"',
          contentLanguage: 'de, en',
          cacheControl: 'public, max-age=31536000',
          expires: 'not a date',
        },
        metadata: { title: 'Käse  mit  Löchern', rfc: '=?UTF-8?B?w7w=?=', empty: '' },
        tags: { 'a b': 'ü=+&', empty: '' },
        acl: 'public-read',
      });
      expect(await copy(key)).toMatchObject({ outcome: 'copied', bytes: size, etagReproduced: true });
      expect(await differences(key)).toEqual([]);
      expect(await target.acl(scratch.targetBucket, key)).toBe(
        'READ uri="http://acs.amazonaws.com/groups/global/AllUsers"',
      );
    }
  });

  it('reproduces the ETag of even parts, whatever their size', async () => {
    const layouts = [[8 * MIB, 8 * MIB, 3], [5 * MIB, 5 * MIB], [5 * MIB + 1]];
    for (const [index, layout] of layouts.entries()) {
      const key = `even-${index}`;
      await upload(key, layout);
      expect(await copy(key)).toMatchObject({ outcome: 'copied', etagReproduced: true });
      expect(await differences(key)).toEqual([]);
    }
  });

  it('proves uneven parts by their bytes, and says that the ETag is another', async () => {
    await upload('uneven', [6 * MIB, 5 * MIB, 7 * MIB + 1]);
    expect(await copy('uneven')).toMatchObject({ outcome: 'copied', etagReproduced: false });
    expect(await differences('uneven')).toEqual(['etag']);
  });

  it('aborts an upload that fails, and one that was left by a killed process', async () => {
    await upload('failing', [5 * MIB, 5 * MIB]);
    let chunks = 0;
    const assertLive = () => {
      if ((chunks += 1) > 20) throw new Error('the lease is lost');
    };
    await expect(copy('failing', { assertLive })).rejects.toThrow('the lease is lost');
    const open = async () => {
      const keys: string[] = [];
      for await (const upload of target.listUploads(scratch.targetBucket)) keys.push(upload.key);
      return keys;
    };
    expect(await open()).toEqual([]);
    expect(await target.head(scratch.targetBucket, 'failing')).toBeNull();
    await target.createUpload(scratch.targetBucket, 'failing');
    await target.createUpload(scratch.targetBucket, 'failing too');
    await copy('failing');
    expect(await open()).toEqual(['failing too']);
  });

  it('copies again when the object changes under it', async () => {
    await upload('changing', [5 * MIB, 5 * MIB]);
    let [reads, looks] = [0, 0];
    const changing = sourceWith({
      // The first look finds the ETag, the first read the part size; then somebody overwrites it.
      read: (...args) => {
        looks += 1;
        return source.read(...args);
      },
      get: async (...args) => {
        if ((reads += 1) === 2) await source.put(scratch.sourceBucket, 'changing', Buffer.from('new'));
        return source.get(...args);
      },
    });
    expect(await copy('changing', { source: changing })).toMatchObject({ outcome: 'copied', bytes: 3 });
    expect(looks).toBeGreaterThan(1);
    expect(await differences('changing')).toEqual([]);
  });

  it('says gone, and only for a key of a bucket that is there', async () => {
    expect(await copy('nowhere')).toMatchObject({ outcome: 'gone' });
    await expect(copy('nowhere', { sourceBucket: 'scratch-no-such-bucket' })).rejects.toMatchObject({
      code: 'NoSuchBucket',
    });
  });

  it('lets no byte that was changed on the way become an object', async () => {
    for (const size of [100, 2 * MIB]) {
      const key = `damaged-${size}`;
      await source.put(scratch.sourceBucket, key, randomBytes(size));
      const damaging = sourceWith({
        read: async (...args) => {
          const found = await source.read(...args);
          if (found?.bytes != null) found.bytes[0] = (found.bytes[0] ?? 0) ^ 1;
          return found;
        },
        get: async (...args) => {
          const found = await source.get(...args);
          if (found === null) return null;
          const body = Readable.from(damage(found.body));
          return { ...found, body };
        },
      });
      await expect(copy(key, { source: damaging })).rejects.toThrow(/DigestMismatch|BadDigest|MD5/);
      expect(await target.head(scratch.targetBucket, key)).toBeNull();
    }
  });

  it('applies to a key that never existed, and to no other, when asked so', async () => {
    await upload('first', [5 * MIB, 1]);
    expect(await copy('first', { ifNoneMatch: '*' })).toMatchObject({
      outcome: 'copied',
      etagReproduced: false,
    });
    await expect(copy('first', { ifNoneMatch: '*' })).rejects.toMatchObject({ code: 'PreconditionFailed' });
  });

  it('asks for its lease before it changes anything', async () => {
    await source.put(scratch.sourceBucket, 'unleased', Buffer.from('x'));
    const assertLive = () => {
      throw new Error('the lease is lost');
    };
    await expect(copy('unleased', { assertLive })).rejects.toThrow('the lease is lost');
    expect(await target.head(scratch.targetBucket, 'unleased')).toBeNull();
  });

  it('finds no fence in that condition where the bucket is versioned: RGW takes the copy as another version', async () => {
    await source.put(scratch.sourceBucket, 'versioned', Buffer.from('theirs'));
    const control = await BucketControl.open(Object.values(scratch.environment.targets)[0]!, 'applications');
    await control.setVersioning(scratch.targetBucket, true);
    control.close();
    await target.put(scratch.targetBucket, 'versioned', Buffer.from('a client’s'));
    expect(await copy('versioned', { ifNoneMatch: '*' })).toMatchObject({ outcome: 'copied' });
  });
});

async function* damage(body: Readable): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk as Buffer);
    if (first) bytes[0] = (bytes[0] ?? 0) ^ 1;
    first = false;
    yield bytes;
  }
}
