import { z } from 'zod';
import { UserError } from '../../contract/errors.ts';
import type { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';
import { compareKeys } from '../../store/keys.ts';
import { samplerOf, type ReadBytes, type Sample } from './inventory-files.ts';

/**
 * A manifest of S3 Inventory, as it lies beside the files it names, in one bucket with them.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
const ManifestSchema = z.object({
  sourceBucket: z.string(),
  fileFormat: z.string(),
  fileSchema: z.string(),
  files: z.array(z.object({ key: z.string(), size: z.number() })),
});

const MANIFEST_BYTES = 64 * 1024 * 1024;
/** Of more files than that, some are read, evenly spread, and represent the others. */
const MOST_FILES = 2000;
const AT_ONCE = 8;

/** Where a run is split, and about how much there is. */
export type Split = { cuts: string[]; objects: number; bytes: number };

/**
 * Reads an inventory of the source and says where to cut its keys so that each shard has about so many. An
 * inventory is days old and may be incomplete: it decides where shards begin, never what is copied.
 *
 * @param place `s3://bucket/…/manifest.json`, read with the source's own client
 * @throws UserError where it is none, or of another bucket
 */
export async function readInventory(
  source: StoreClient,
  place: string,
  bucket: string,
  keysPerShard: number,
): Promise<Split> {
  const [, home, manifestKey] = /^s3:\/\/([^/]+)\/(.+)$/.exec(place) ?? [];
  if (home === undefined || manifestKey === undefined) {
    throw new UserError(`The inventory is "${place}"; it should be like s3://bucket/path/manifest.json`, {
      exitCode: 2,
    });
  }
  const manifest = await readManifest(source, home, manifestKey);
  if (manifest.sourceBucket !== bucket) {
    throw new UserError(
      `The inventory ${place} is of the bucket ${manifest.sourceBucket}; the source is ${bucket}`,
      { exitCode: 2 },
    );
  }
  const sample = samplerOf(manifest.fileFormat, manifest.fileSchema);
  const files = everyNth(manifest.files, MOST_FILES);
  const scale = manifest.files.length / Math.max(1, files.length);
  const samples: Sample[] = [];
  let [objects, bytes] = [0, 0];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let file = files[next++]; file !== undefined; file = files[next++]) {
      const sampled = await sample(readerOf(source, home, file.key), file.size);
      for (const { key, weight } of sampled.samples) samples.push({ key, weight: weight * scale });
      objects += sampled.objects * scale;
      bytes += (sampled.bytes ?? 0) * scale;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { cuts: cutsOf(samples, keysPerShard), objects: Math.round(objects), bytes: Math.round(bytes) };
}

/**
 * The split points: one wherever the samples before it represent a shard's worth. No two are the same, and none
 * is the first of all.
 */
export function cutsOf(samples: Sample[], keysPerShard: number): string[] {
  const sorted = samples.toSorted((a, b) => compareKeys(a.key, b.key));
  const cuts: string[] = [];
  let weight = 0;
  for (const sample of sorted) {
    if (weight >= keysPerShard && sample.key !== (cuts.at(-1) ?? sorted[0]?.key)) {
      cuts.push(sample.key);
      weight = 0;
    }
    weight += sample.weight;
  }
  return cuts;
}

async function readManifest(
  source: StoreClient,
  bucket: string,
  key: string,
): Promise<z.infer<typeof ManifestSchema>> {
  const found = await source.read(bucket, key, { atMost: MANIFEST_BYTES });
  if (found?.bytes == null) {
    throw new UserError(`There is no manifest at s3://${bucket}/${key}, or it is none: it is too big`, {
      exitCode: 2,
    });
  }
  try {
    return ManifestSchema.parse(JSON.parse(found.bytes.toString('utf8')));
  } catch (error) {
    throw new UserError(`s3://${bucket}/${key} is no manifest of an S3 Inventory`, {
      exitCode: 2,
      cause: error,
    });
  }
}

function readerOf(source: StoreClient, bucket: string, key: string): ReadBytes {
  return async (start, end) => {
    const found = await source.get(bucket, key, { range: `bytes=${start}-${end - 1}` });
    if (found === null) {
      throw new UserError(`The inventory names s3://${bucket}/${key}, which is not there`, { exitCode: 2 });
    }
    const chunks: Buffer[] = [];
    for await (const chunk of found.body) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (bytes.length !== end - start) {
      throw new StoreError(`s3://${bucket}/${key} was cut off while it was read`, {
        status: 0,
        code: 'Connection',
      });
    }
    return bytes;
  };
}

function everyNth<T>(items: readonly T[], most: number): T[] {
  const step = Math.max(1, Math.ceil(items.length / most));
  return items.filter((_, index) => index % step === 0);
}
