import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { copyInParts } from '../../../scripts/store/copying-parts.ts';
import type { ObjectHead } from '../../../scripts/store/object.ts';
import { MIB, multipartEtag } from '../../../scripts/store/parts.ts';

const md5 = (bytes: Buffer) => createHash('md5').update(bytes).digest();

type Options = { tells?: boolean; hides?: boolean; encryption?: string; damage?: number };

/** A source that has one object in parts, and an empty target. `hides`: that it encrypts; `damage`: that part on its way. */
function stores(
  sizes: readonly number[],
  { tells = false, hides = false, encryption, damage }: Options = {},
) {
  const body = randomBytes(sizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  const digests = sizes.map((size) => md5(body.subarray(end, (end += size))));
  const etag =
    encryption?.startsWith('aws:kms') === true
      ? `${md5(Buffer.from('kms')).toString('hex')}-${sizes.length}`
      : multipartEtag(digests);
  const head: ObjectHead = {
    key: 'k',
    size: body.length,
    etag,
    lastModified: new Date(),
    headers: {},
    metadata: {},
    ...(encryption !== undefined && !hides && { encryption }),
  };
  const done: string[] = [];
  const uploads = new Map<string, Buffer[]>();
  let object = Buffer.alloc(0);
  const read = (bytes: Buffer) => ({ head, body: Readable.from([bytes]) });
  const source = {
    headPart: (_bucket: string, _key: string, part: number) =>
      Promise.resolve(tells ? { size: sizes[part - 1], parts: sizes.length } : undefined),
    get: (_bucket: string, _key: string, { range }: { range?: string }) => {
      const [from, to] = (range ?? `bytes=0-${body.length - 1}`).slice(6).split('-').map(Number) as [
        number,
        number,
      ];
      done.push(to - from + 1 === body.length ? 'read all' : `read ${to - from + 1}`);
      return Promise.resolve(read(body.subarray(from, to + 1)));
    },
  };
  const target = {
    createUpload: () => {
      const id = String(uploads.size + 1);
      uploads.set(id, []);
      done.push(`begin ${id}`);
      return Promise.resolve(id);
    },
    uploadPart: async (
      _bucket: string,
      _key: string,
      part: { uploadId: string; partNumber: number; body: Readable },
    ) => {
      const chunks: Buffer[] = [];
      for await (const chunk of part.body) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      if (damage === part.partNumber) bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
      (uploads.get(part.uploadId) ?? [])[part.partNumber - 1] = bytes;
      return md5(bytes).toString('hex');
    },
    completeUpload: (_bucket: string, _key: string, { uploadId }: { uploadId: string }) => {
      const parts = uploads.get(uploadId) ?? [];
      object = Buffer.concat(parts);
      done.push(`complete ${uploadId}`);
      return Promise.resolve({ etag: multipartEtag(parts.map(md5)), versionId: 'v1' });
    },
    abortUpload: (_bucket: string, _key: string, { uploadId }: { uploadId: string }) => {
      done.push(`abort ${uploadId}`);
      return Promise.resolve();
    },
    get: () => {
      done.push('read the copy');
      return Promise.resolve(read(object));
    },
  };
  const copy = () =>
    copyInParts(
      {
        source: source as unknown as StoreClient,
        sourceBucket: 's',
        target: target as unknown as StoreClient,
        targetBucket: 't',
        key: 'k',
      },
      head,
      {},
    );
  return { copy, done, etag, isCopied: () => object.equals(body) };
}

/** Reads of single parts come in any order. */
const besidesParts = (done: readonly string[]) => done.filter((each) => !/^read \d/.test(each));

test('encrypted, its parts told: one upload with them, each proven by its digest', async () => {
  const { copy, done, isCopied, etag } = stores([6 * MIB, 5 * MIB, 7], {
    tells: true,
    encryption: 'aws:kms',
  });
  expect(await copy()).toMatchObject({
    sourceEtag: etag,
    etagReproduced: false,
    provenBy: 'part digests',
    versionId: 'v1',
  });
  expect(besidesParts(done)).toEqual(['begin 1', 'complete 1']);
  expect(done.filter((each) => each.startsWith('read')).sort()).toEqual([
    `read ${5 * MIB}`,
    `read ${6 * MIB}`,
    'read 7',
  ]);
  expect(isCopied()).toBe(true);
});

test('encrypted, its parts not told: nothing is guessed, one upload', async () => {
  const { copy, done, isCopied } = stores([6 * MIB, 5 * MIB, 7], { encryption: 'aws:kms:dsse' });
  expect(await copy()).toMatchObject({ provenBy: 'part digests' });
  expect(besidesParts(done)).toEqual(['begin 1', 'complete 1']);
  expect(isCopied()).toBe(true);
});

test('uneven parts that are not told: the upload of the guess is kept, and proven by one look at the source', async () => {
  const { copy, done, isCopied } = stores([6 * MIB, 5 * MIB, 7 * MIB + 1]);
  expect(await copy()).toMatchObject({ etagReproduced: false, provenBy: 'part digests' });
  expect(besidesParts(done)).toEqual(['begin 1', 'read all', 'complete 1']);
  expect(isCopied()).toBe(true);
});

test('even parts of an unusual size: found by one look at the source, and reproduced', async () => {
  const { copy, done, isCopied, etag } = stores([9 * MIB, 9 * MIB, 100]);
  expect(await copy()).toMatchObject({ etag, etagReproduced: true });
  const uploads = besidesParts(done);
  expect(uploads.at(-1)).toMatch(/^complete/);
  expect(uploads.filter((each) => each === 'read all')).toHaveLength(1);
  expect(isCopied()).toBe(true);
});

test('told parts that give their ETag are taken at its word', async () => {
  const { copy, done, etag, isCopied } = stores([6 * MIB, 5 * MIB, 7], { tells: true, encryption: 'AES256' });
  expect(await copy()).toMatchObject({ etag, etagReproduced: true });
  expect(besidesParts(done)).toEqual(['begin 1', 'complete 1']);
  expect(isCopied()).toBe(true);
});

test('told parts of a store that hides that it encrypts: one upload, proven by one look at the source', async () => {
  const options = { tells: true, hides: true, encryption: 'aws:kms' };
  const { copy, done, isCopied } = stores([6 * MIB, 5 * MIB, 7], options);
  expect(await copy()).toMatchObject({ etagReproduced: false, provenBy: 'part digests' });
  expect(besidesParts(done)).toEqual(['begin 1', 'read all', 'complete 1']);
  expect(isCopied()).toBe(true);
});

test.each([
  ['told', { tells: true }],
  ['not told', {}],
  ['encrypted', { tells: true, encryption: 'aws:kms' }],
])('a part that arrives with other bytes is no copy: %s', async (_name, options) => {
  const { copy, done } = stores([6 * MIB, 5 * MIB, 7 * MIB + 1], { ...options, damage: 2 });
  await expect(copy()).rejects.toMatchObject({ code: 'DigestMismatch', retryable: true });
  expect(done.filter((each) => each.startsWith('complete'))).toEqual([]);
  expect(done.at(-1)).toMatch(/^abort/);
});
