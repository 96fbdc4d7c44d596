import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import type { StoreClient } from '../../../../scripts/store/client.ts';
import { sampleCsv, sampleParquet, samplerOf } from '../../../../scripts/move/sync/inventory-files.ts';
import { cutsOf, readInventory } from '../../../../scripts/move/sync/inventory.ts';

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `img/${String(from + index).padStart(7, '0')}`);
/** The same in an order that has nothing to do with the keys. */
const scattered = (keys: string[]) => keys.map((_, index) => keys[(index * 7919) % keys.length] ?? '');
const reader = (bytes: Buffer) => (start: number, end: number) => Promise.resolve(bytes.subarray(start, end));

const COLUMNS = 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size';
const row = (key: string, { latest = true, marker = false, size = 10 } = {}) =>
  `"source","${encodeURIComponent(key)}","v1","${latest}","${marker}","${size}"`;
const csv = (rows: string[]) => gzipSync(`${rows.join('\n')}\n`);
const sampled = (file: Buffer) => sampleCsv(reader(file), file.length, COLUMNS.split(', '));

const parquet = (keys: string[], options: { rowGroupSize?: number; statistics?: boolean } = {}) =>
  Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: 'bucket', data: keys.map(() => 'source'), type: 'STRING' },
        { name: 'key', data: keys, type: 'STRING' },
        { name: 'size', data: keys.map(() => 10n), type: 'INT64' },
      ],
      ...options,
    }),
  );

describe('a file of CSV', () => {
  it('that is in order is represented by the first of its keys', async () => {
    expect(await sampled(csv(numbered(500).map((key) => row(key))))).toEqual({
      samples: [{ key: 'img/0000000', weight: 500 }],
      objects: 500,
      bytes: 5000,
    });
  });

  it('that is in no order is represented by some of its keys', async () => {
    const { samples, objects } = await sampled(csv(scattered(numbered(1000)).map((key) => row(key))));
    expect(objects).toBe(1000);
    expect(samples.length).toBeGreaterThan(60);
    expect(samples.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1000);
    expect(
      samples.some(({ key }) => key < 'img/0000100') && samples.some(({ key }) => key > 'img/0000900'),
    ).toBe(true);
  });

  it('is read from its beginning alone, and the rest estimated', async () => {
    // Bytes that do not compress make a file longer than what is read of it.
    const noise = (index: number) =>
      ((index * 2654435761) >>> 0).toString(36) + ((index * 40503) >>> 0).toString(36);
    const rows = Array.from({ length: 60_000 }, (_, index) =>
      row(`img/${String(index).padStart(7, '0')}-${noise(index)}`),
    );
    const file = csv(rows);
    expect(file.length).toBeGreaterThan(2 * 256 * 1024);
    const { objects, bytes } = await sampled(file);
    expect(objects).toBeGreaterThan(54_000);
    expect(objects).toBeLessThan(66_000);
    expect(Math.abs((bytes ?? 0) - objects * 10)).toBeLessThan(10);
  });

  it('names keys as they are, and current ones alone', async () => {
    const odd = 'a "b", c/é\n+';
    const rows = [row(odd), row('old', { latest: false }), row('gone', { marker: true }), row('z')];
    expect(await sampled(csv(rows))).toEqual({
      samples: [{ key: odd, weight: 2 }],
      objects: 2,
      bytes: 20,
    });
  });
});

describe('a file of Parquet', () => {
  it('is read from its footer, where its groups of rows follow each other', async () => {
    const file = parquet(numbered(3000), { rowGroupSize: 1000 });
    const read: [number, number][] = [];
    const result = await sampleParquet((start, end) => {
      read.push([start, end]);
      return reader(file)(start, end);
    }, file.length);
    expect(result).toEqual({
      samples: [0, 1000, 2000].map((from) => ({
        key: `img/000${from.toString().padStart(4, '0')}`,
        weight: 1000,
      })),
      objects: 3000,
      bytes: null,
    });
  });

  it.each([
    ['overlap', { rowGroupSize: 500 }],
    ['say nothing of their keys', { rowGroupSize: 500, statistics: false }],
  ])('is read where they %s', async (_, options) => {
    const { samples, objects } = await sampleParquet(
      reader(parquet(scattered(numbered(1000)), options)),
      parquet(scattered(numbered(1000)), options).length,
    );
    expect([objects, samples.length]).toEqual([1000, 128]);
    expect(samples.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1000);
  });
});

describe('the cuts of an inventory', () => {
  it('come after a shard’s worth of keys, in order, each once', () => {
    const samples = scattered(numbered(1000)).map((key) => ({ key, weight: 10 }));
    const cuts = cutsOf(samples, 2000);
    expect(cuts).toEqual(['img/0000200', 'img/0000400', 'img/0000600', 'img/0000800']);
  });

  it('are never at one key twice, nor at the first', () => {
    const samples = [1, 2, 3].flatMap(() => ['a', 'b'].map((key) => ({ key, weight: 1000 })));
    expect(cutsOf(samples, 1000)).toEqual(['b']);
    expect(cutsOf([{ key: 'a', weight: 1e9 }], 1000)).toEqual([]);
    expect(cutsOf([], 1000)).toEqual([]);
  });
});

describe('an inventory', () => {
  const manifest = (change: object = {}) =>
    JSON.stringify({
      sourceBucket: 'source',
      destinationBucket: 'arn:aws:s3:::reports',
      version: '2016-11-30',
      fileFormat: 'CSV',
      fileSchema: COLUMNS,
      files: [0, 1000].map((from) => ({
        key: `data/${from}.csv.gz`,
        size: files[`data/${from}.csv.gz`]?.length,
      })),
      ...change,
    });
  const files: Record<string, Buffer> = Object.fromEntries(
    [0, 1000].map((from) => [`data/${from}.csv.gz`, csv(numbered(1000, from).map((key) => row(key)))]),
  );
  const store = (text: string) =>
    ({
      read: (bucket: string, key: string) =>
        Promise.resolve(
          bucket === 'reports' && key === 'a/manifest.json' ? { bytes: Buffer.from(text) } : null,
        ),
      get: (_: string, key: string, { range }: { range: string }) => {
        const [start, end] = range.slice('bytes='.length).split('-').map(Number);
        return Promise.resolve({ body: [files[key]?.subarray(start, (end ?? 0) + 1)] });
      },
    }) as unknown as StoreClient;
  const read = (text: string, place = 's3://reports/a/manifest.json') =>
    readInventory(store(text), place, 'source', 500);

  it('says where to cut, and how much there is', async () => {
    expect(await read(manifest())).toEqual({ cuts: ['img/0001000'], objects: 2000, bytes: 20_000 });
  });

  it.each([
    [
      'is of another bucket',
      manifest({ sourceBucket: 'other' }),
      'is of the bucket other; the source is source',
    ],
    [
      'has files of another format',
      manifest({ fileFormat: 'ORC' }),
      'files are ORC; sync reads CSV and Parquet',
    ],
    ['is none', '{}', 'is no manifest of an S3 Inventory'],
    ['is no JSON', 'x', 'is no manifest of an S3 Inventory'],
  ])('is refused where it %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it('is refused where there is none', async () => {
    await expect(read(manifest(), 's3://reports/b')).rejects.toThrow(
      'There is no manifest at s3://reports/b',
    );
    await expect(read(manifest(), 'reports/b')).rejects.toThrow(
      'it should be like s3://bucket/path/manifest.json',
    );
  });

  it('is read in two formats', () => {
    expect(() => samplerOf('Avro', '')).toThrow('files are Avro');
  });
});
