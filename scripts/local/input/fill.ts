import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { ARCHIVES, describeArchive, archiveParts, type Archive } from './archives.ts';
import { AWKWARD_KEYS } from './awkward.ts';
import { planDocuments } from './documents.ts';
import { readManifest, writeManifest, type ManifestEntry } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { findPhotographs, type Photograph } from './photographs.ts';
import { planPictures, type Described } from './plan.ts';
import { renderPictures } from './renditions.ts';
import { APPLICATIONS } from '../../contract/names.ts';

export type FillOptions = {
  /** How many renditions of photographs; documents are a seventh of it. Default 2,000. */
  objects?: number;
  /** Renditions are kept here, so that a second run only uploads. */
  cacheDir: string;
  /** Where the manifest is written once all of the input is in the source. */
  manifest: string;
  /** Gets a line for a person about what was done. */
  log: (line: string) => void;
  progress?: (state: FillProgress) => void;
};
export type FillProgress = { step: 'rendering' | 'uploading'; done: number; total: number };
export type FillResult = { objects: number; bytes: number; uploaded: number };

/** One object to put, made only when it turns out to be missing. */
type Wanted = ManifestEntry & ({ body: () => Promise<Buffer>; described: Described } | { archive: Archive });

const UPLOADS_AT_ONCE = 16;
const PARTS_AT_ONCE = 2;

/**
 * Fills the source's buckets `images` and `metadata` (moves of that name) with real input.
 *
 * An object that is there with the right ETag is skipped, so a run that was killed goes on. Where there is a
 * manifest the source has been filled before and clients may have written since: then nothing is touched.
 */
export async function fillSource(environment: Environment, options: FillOptions): Promise<FillResult> {
  const filled = await sumManifest(options.manifest);
  if (filled !== null) return { ...filled, uploaded: 0 };

  const objects = options.objects ?? 2000;
  const photographs = await findPhotographs();
  const wanted = await planAll(objects, photographs, options);
  const client = await StoreClient.open(environment.source, APPLICATIONS, {
    requestSeconds: environment.bounds.requestSeconds,
    connections: UPLOADS_AT_ONCE,
  });
  let uploaded = 0;
  try {
    let done = 0;
    for (const move of environment.moves) {
      const ofMove = wanted.filter((entry) => entry.move === move.name);
      const there = new Map<string, string>();
      for await (const { key, etag } of client.list(move.sourceBucket)) there.set(key, etag);
      const put = async (entry: Wanted): Promise<void> => {
        if (there.get(entry.key) !== entry.etag) {
          await upload(client, move.sourceBucket, entry, photographs);
          uploaded++;
        }
        done++;
        options.progress?.({ step: 'uploading', done, total: wanted.length });
      };
      await inParallel(
        UPLOADS_AT_ONCE,
        ofMove.filter((entry) => !('archive' in entry)),
        put,
      );
      // One at a time: their parts are what would fill the memory.
      await inParallel(
        1,
        ofMove.filter((entry) => 'archive' in entry),
        put,
      );
    }
  } finally {
    await client.close();
  }
  await writeManifest(options.manifest, wanted);
  const bytes = wanted.reduce((sum, { size }) => sum + size, 0);
  options.log(
    `The source holds ${wanted.length} objects, ${Math.round(bytes / 1e6)} MB; ${uploaded} of them put now`,
  );
  return { objects: wanted.length, bytes, uploaded };
}

async function sumManifest(file: string): Promise<{ objects: number; bytes: number } | null> {
  if (!(await stat(file).catch(() => null))) return null;
  const sum = { objects: 0, bytes: 0 };
  for await (const { size } of readManifest(file)) {
    sum.objects++;
    sum.bytes += size;
  }
  return sum;
}

async function planAll(objects: number, photographs: Photograph[], options: FillOptions): Promise<Wanted[]> {
  const pictures = planPictures(objects, photographs.length);
  const total = pictures.reduce((sum, { renditions }) => sum + renditions.length, 0);
  const rendered = await renderPictures(pictures, photographs, options.cacheDir, (done) =>
    options.progress?.({ step: 'rendering', done, total }),
  );
  const wanted: Wanted[] = [];
  for (const described of pictures.flatMap(({ renditions }) => renditions)) {
    const made = rendered.get(described.key);
    if (made === undefined) throw new Error(`No rendition was made for ${described.key}`);
    const { file, etag, size } = made;
    wanted.push({ move: 'images', key: described.key, etag, size, body: () => readFile(file), described });
  }
  for (const { key, body } of AWKWARD_KEYS) {
    if (body === 'photograph') continue;
    const bytes = Buffer.from(body === 'text' ? `The body of the key ${JSON.stringify(key)}\n` : '');
    wanted.push(inMemory('images', key, bytes, plain('application/octet-stream')));
  }
  for (const { file, name, bytes } of photographs) {
    const body = (): Promise<Buffer> => readFile(file);
    const etag = md5(await body());
    const key = `images/2026/originals/${name}`;
    wanted.push({ move: 'images', key, etag, size: bytes, body, described: plain('image/jpeg') });
  }
  for (const archive of ARCHIVES) {
    wanted.push({
      move: 'images',
      key: archive.key,
      archive,
      ...(await describeArchive(archive, photographs)),
    });
  }
  for (const { key, body, ...described } of planDocuments(Math.ceil(objects / 7))) {
    wanted.push(inMemory('metadata', key, body, described));
  }
  return wanted;
}

function inMemory(move: string, key: string, body: Buffer, described: Described): Wanted {
  return { move, key, etag: md5(body), size: body.length, body: () => Promise.resolve(body), described };
}

function plain(contentType: string): Described {
  return { headers: { contentType }, metadata: {}, tags: {} };
}

async function upload(
  client: StoreClient,
  bucket: string,
  entry: Wanted,
  photographs: Photograph[],
): Promise<void> {
  const etag =
    'archive' in entry
      ? await uploadArchive(client, bucket, entry.archive, photographs)
      : (await client.put(bucket, entry.key, await entry.body(), entry.described)).etag;
  if (etag !== entry.etag) {
    throw new UserError(
      `The store acknowledged ${bucket}/${entry.key} with the ETag ${etag}; its bytes have ${entry.etag}. ` +
        'Something between here and the store changes objects, or the bucket encrypts them with a key of its own.',
      { exitCode: 1 },
    );
  }
}

async function uploadArchive(
  client: StoreClient,
  bucket: string,
  archive: Archive,
  photographs: Photograph[],
): Promise<string> {
  const { key } = archive;
  const uploadId = await client.createUpload(bucket, key, {
    headers: { contentType: 'application/octet-stream', cacheControl: 'private' },
    metadata: { pictures: String(photographs.length) },
  });
  const parts: { partNumber: number; etag: string }[] = [];
  let partNumber = 0;
  try {
    await inParallel(PARTS_AT_ONCE, archiveParts(archive, photographs), async (body) => {
      const number = ++partNumber;
      parts.push({
        partNumber: number,
        etag: await client.uploadPart(bucket, key, {
          uploadId,
          partNumber: number,
          body,
          contentLength: body.length,
        }),
      });
    });
    parts.sort((a, b) => a.partNumber - b.partNumber);
    const { etag } = await client.completeUpload(bucket, key, { uploadId, parts });
    // RGW 16.2.15 completes an upload with an empty ETag in its answer.
    return etag === '' ? ((await client.head(bucket, key))?.etag ?? '') : etag;
  } catch (error) {
    await client.abortUpload(bucket, key, { uploadId }).catch(() => undefined);
    throw error;
  }
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}
