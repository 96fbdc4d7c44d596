import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer } from 'hyparquet';
import { constants, gunzipSync } from 'node:zlib';
import { UserError } from '../../contract/errors.ts';
import { compareKeys } from '../../store/keys.ts';

/** A key of an inventory, and how many keys it represents. */
export type Sample = { key: string; weight: number };
/** What one of an inventory's files tells. `bytes`: null where only reading all of it would tell. */
export type Sampled = { samples: Sample[]; objects: number; bytes: number | null };

/** Reads bytes of a file; the end is exclusive. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>;

/** Of each file of text, so much is read from its beginning, compressed. */
const HEAD_BYTES = 256 * 1024;
/** Samples that represent a file, or a group of rows, whose keys are in no order. */
const SAMPLES = 64;

/**
 * Samples a file of CSV, compressed by gzip: its first rows, from which the rest is estimated. Where these are
 * in key order the file is a stretch of the bucket, and its first key says where that begins.
 *
 * @param columns as in the manifest's `fileSchema`
 */
export async function sampleCsv(read: ReadBytes, size: number, columns: readonly string[]): Promise<Sampled> {
  const compressed = await read(0, Math.min(size, HEAD_BYTES));
  // The rest of the file is missing, so its end is too.
  const text = gunzipSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
  const lines = text.split('\n');
  if (compressed.length < size) lines.pop();
  const rows = lines.filter((line) => line !== '').map(readRow);
  const field = (row: string[], name: string): string | undefined => row[columns.indexOf(name)];
  const current = rows.filter(
    (row) => field(row, 'IsLatest') !== 'false' && field(row, 'IsDeleteMarker') !== 'true',
  );
  const keys = current.map((row) => decodeURIComponent((field(row, 'Key') ?? '').replaceAll('+', ' ')));
  const scale = size / Math.max(1, compressed.length);
  const seen = current.reduce((sum, row) => sum + Number(field(row, 'Size') ?? 0), 0);
  const objects = Math.round(keys.length * scale);
  return { samples: weigh(keys, objects), objects, bytes: Math.round(seen * scale) };
}

/** Fields in quotation marks, which are doubled inside of them. */
function readRow(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return Array.from(fields, ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}

/**
 * Samples a file of Parquet by what its footer says of each group of rows; only where that says nothing of the
 * keys, or the groups overlap, their first rows are read.
 */
export async function sampleParquet(read: ReadBytes, size: number): Promise<Sampled> {
  const file: AsyncBuffer = {
    byteLength: size,
    slice: async (start, end) => {
      const bytes = await read(start, end ?? size);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    },
  };
  const metadata = await parquetMetadataAsync(file);
  const groups = metadata.row_groups.map((group) => {
    const found = group.columns.find(({ meta_data: column }) => column?.path_in_schema[0] === 'key');
    const { min_value: low, max_value: high } = found?.meta_data?.statistics ?? {};
    return { rows: Number(group.num_rows), low: textOf(low), high: textOf(high) };
  });
  const objects = groups.reduce((sum, { rows }) => sum + rows, 0);
  const isOrdered = groups.every(({ low, high }, index) => {
    const before = groups[index - 1]?.high;
    return low !== null && high !== null && (before == null || compareKeys(before, low) <= 0);
  });
  if (isOrdered && groups.length > 1) {
    const samples = groups.map(({ low, rows }) => ({ key: low ?? '', weight: rows }));
    return { samples, objects, bytes: null };
  }
  const samples: Sample[] = [];
  let start = 0;
  for (const { rows } of groups) {
    const rowEnd = start + Math.min(rows, SAMPLES);
    const first = await parquetReadObjects({ file, metadata, columns: ['key'], rowStart: start, rowEnd });
    samples.push(
      ...weigh(
        first.map((row) => String(row['key'])),
        rows,
      ),
    );
    start += rows;
  }
  return { samples, objects, bytes: null };
}

/** Bounds may be cut off in the middle of a character. */
function textOf(bound: unknown): string | null {
  if (bound instanceof Uint8Array) return new TextDecoder().decode(bound).replace(/\ufffd+$/, '');
  return typeof bound === 'string' ? bound.replace(/\ufffd+$/, '') : null;
}

/** Lets the first keys of a file, or some of them, represent all of its `objects`. */
function weigh(keys: string[], objects: number): Sample[] {
  const [first] = keys;
  if (first === undefined) return [];
  const isSorted = keys.every((key, index) => index === 0 || compareKeys(keys[index - 1] ?? '', key) <= 0);
  if (isSorted && keys.length > 1) return [{ key: first, weight: objects }];
  const step = Math.max(1, Math.floor(keys.length / SAMPLES));
  const some = keys.filter((_, index) => index % step === 0);
  return some.map((key) => ({ key, weight: objects / some.length }));
}

/** The function that samples files of a format. Throws UserError for one that is not read. */
export function samplerOf(
  format: string,
  schema: string,
): (read: ReadBytes, size: number) => Promise<Sampled> {
  switch (format) {
    case 'CSV': {
      const columns = schema.split(',').map((name) => name.trim());
      return (read, size) => sampleCsv(read, size, columns);
    }
    case 'Parquet':
      return sampleParquet;
    default:
      throw new UserError(
        `The inventory's files are ${format}; sync reads CSV and Parquet. Begin without it, or configure one of these`,
        { exitCode: 2 },
      );
  }
}
