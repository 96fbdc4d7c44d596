import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ARCHIVES, archiveParts, describeArchive } from '../../../../scripts/local/input/archives.ts';
import { AWKWARD_KEYS } from '../../../../scripts/local/input/awkward.ts';
import { planDocuments } from '../../../../scripts/local/input/documents.ts';
import { inParallel } from '../../../../scripts/local/input/parallel.ts';
import { findPhotographs } from '../../../../scripts/local/input/photographs.ts';
import { planPictures } from '../../../../scripts/local/input/plan.ts';

test('the same arguments plan the same pictures, as many as asked for, no key twice', () => {
  const plan = planPictures(500, 15);
  expect(plan).toEqual(planPictures(500, 15));
  const renditions = plan.flatMap((picture) => picture.renditions);
  const awkward = AWKWARD_KEYS.filter(({ body }) => body === 'photograph').length;
  expect(renditions.length).toBe(500 + awkward);
  expect(new Set(renditions.map(({ key }) => key)).size).toBe(renditions.length);
  for (const header of ['cacheControl', 'contentDisposition', 'contentLanguage', 'expires'] as const) {
    expect(renditions.some(({ headers }) => headers[header] !== undefined)).toBe(true);
  }
  expect(renditions.some(({ tags }) => Object.keys(tags).length > 0)).toBe(true);
  expect(renditions.some(({ metadata }) => metadata['dish'] === '麻婆豆腐')).toBe(true);
  for (const { crop } of plan) expect(Math.max(crop.left, crop.top) + crop.extent).toBeLessThanOrEqual(1);
});

test('the awkward keys are all different and one has 1,024 bytes', () => {
  const keys = AWKWARD_KEYS.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(Math.max(...keys.map((key) => Buffer.byteLength(key)))).toBe(1024);
  const twins = keys.filter((key) => key.normalize('NFC').endsWith('caf\u00e9.jpg'));
  expect(twins.length).toBe(2);
});

test('documents are JSON, some stored compressed and saying so', () => {
  const documents = planDocuments(40);
  for (const { body, headers } of documents) {
    const text = headers.contentEncoding === 'gzip' ? gunzipSync(body) : body;
    expect(JSON.parse(text.toString())).toHaveProperty('restaurant.name');
  }
  expect(documents.filter(({ headers }) => headers.contentEncoding === 'gzip').length).toBe(5);
});

test('an archive is the photographs one after the other, cut where its parts say', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-archive-'));
  try {
    await writeFile(path.join(folder, '1.jpg'), 'abcde');
    await writeFile(path.join(folder, '2.jpg'), 'FGH');
    const photographs = await findPhotographs(folder);
    const archive = { key: 'k', first: 1, partBytes: [4, 7, 1] };
    const parts: string[] = [];
    for await (const part of archiveParts(archive, photographs)) parts.push(part.toString());
    expect(parts).toEqual(['FGHa', 'bcdeFGH', 'a']);
    const md5 = createHash('md5').update('FGHabcdeFGHa').digest('hex');
    expect(await describeArchive(archive, photographs)).toMatchObject({
      md5,
      size: 12,
      etag: expect.stringMatching(/-3$/) as string,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('all archives have more than 64 MiB, in even and uneven parts of at least 5 MiB', () => {
  for (const { partBytes } of ARCHIVES) {
    expect(partBytes.reduce((sum, part) => sum + part, 0)).toBeGreaterThan(64 * 2 ** 20);
    for (const part of partBytes.slice(0, -1)) expect(part).toBeGreaterThanOrEqual(5 * 2 ** 20);
  }
  expect(ARCHIVES.map(({ partBytes }) => new Set(partBytes).size > 2)).toEqual([false, true, false]);
});

test('a folder without photographs is an error that says what to install', async () => {
  await expect(findPhotographs('/nowhere')).rejects.toThrow('apt-get install mate-backgrounds');
});

test('no further item is begun after an error', async () => {
  const begun: number[] = [];
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await Promise.resolve();
    if (item === 2) throw new Error('two');
  };
  await expect(inParallel(1, [1, 2, 3], work)).rejects.toThrow('two');
  expect(begun).toEqual([1, 2]);
});
