import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type OutputInfo, type Sharp } from 'sharp';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { inParallel } from './parallel.ts';
import type { Photograph } from './photographs.ts';
import type { Picture, Rendition } from './plan.ts';

// Two pictures are worked on at once; more threads inside would only take turns. The cache of operations
// holds decoded pictures for reuse that never comes.
sharp.concurrency(1);
sharp.cache(false);

/** A file of the cache folder, and what a store will say about it. */
export type RenderedFile = { file: string; etag: string; size: number };

type Raw = { data: Buffer; info: OutputInfo };

/** Photographs are decoded once to this width, in pixels; every rendition is cut from that. */
const DECODED_WIDTH = 2000;
const AT_ONCE = 2;

/**
 * Renders every picture that the cache folder does not have yet. Answers the file of each rendition by
 * its key. Memory: two decoded photographs of at most 2,000 pixels width (7 MiB each).
 */
export async function renderPictures(
  pictures: Picture[],
  photographs: Photograph[],
  cacheDir: string,
  progress: (done: number) => void,
): Promise<Map<string, RenderedFile>> {
  await mkdir(join(cacheDir, 'renditions'), { recursive: true });
  const index = new RenditionIndex(join(cacheDir, 'renditions.jsonl'));
  await index.load();
  const rendered = new Map<string, RenderedFile>();
  const missing = new Map<number, Picture[]>();
  for (const picture of pictures) {
    const photograph = photographOf(photographs, picture);
    let whole = true;
    for (const rendition of picture.renditions) {
      const known = index.find(signatureOf(photograph, picture, rendition));
      if (known === undefined) whole = false;
      else rendered.set(rendition.key, fileOf(cacheDir, known));
    }
    if (!whole) missing.set(picture.photograph, [...(missing.get(picture.photograph) ?? []), picture]);
  }
  progress(rendered.size);
  await inParallel(AT_ONCE, missing.values(), async (group) => {
    const [first] = group;
    if (first === undefined) return;
    const photograph = photographOf(photographs, first);
    const decoded = await decode(photograph.file);
    for (const picture of group) {
      for (const { rendition, body } of await render(decoded, picture)) {
        const signature = signatureOf(photograph, picture, rendition);
        const entry = { signature, etag: md5(body), size: body.length };
        const file = fileOf(cacheDir, entry);
        // Thousands of small files: waiting for the disk after each would double the time.
        await writeFileAtomic(file.file, body, { durable: false });
        index.add(entry);
        rendered.set(rendition.key, file);
      }
      progress(rendered.size);
    }
  });
  return rendered;
}

async function decode(file: string): Promise<Raw> {
  return sharp(file)
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize({ width: DECODED_WIDTH, withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
}

/** Cuts the picture out once and makes the smaller sizes from the next larger one. */
async function render(decoded: Raw, picture: Picture): Promise<{ rendition: Rendition; body: Buffer }[]> {
  const { width, height } = decoded.info;
  const region = {
    left: Math.floor(picture.crop.left * width),
    top: Math.floor(picture.crop.top * height),
    width: Math.floor(picture.crop.extent * width),
    height: Math.floor(picture.crop.extent * height),
  };
  const made: { rendition: Rendition; body: Buffer }[] = [];
  let larger: Raw | undefined;
  for (const rendition of [...picture.renditions].sort((a, b) => b.width - a.width)) {
    const from = larger === undefined ? fromRaw(decoded).extract(region) : fromRaw(larger);
    larger = await from.resize({ width: rendition.width }).raw().toBuffer({ resolveWithObject: true });
    // The description makes pictures distinct even where two crops show nothing but one colour.
    const image = fromRaw(larger).withExif({
      IFD0: { ImageDescription: `${picture.description} ${rendition.key}` },
    });
    const encoded =
      rendition.format === 'webp'
        ? image.webp({ quality: rendition.quality, effort: 0 })
        : image.jpeg({ quality: rendition.quality });
    made.push({ rendition, body: await encoded.toBuffer() });
  }
  return made;
}

function fromRaw({ data, info }: Raw): Sharp {
  return sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
}

function photographOf(photographs: Photograph[], picture: Picture): Photograph {
  const photograph = photographs[picture.photograph];
  if (photograph === undefined)
    throw new Error(`The plan names photograph ${picture.photograph}, which is not there`);
  return photograph;
}

/** Everything that decides the bytes of a rendition. */
function signatureOf(
  photograph: Photograph,
  picture: Picture,
  { key, width, quality, format }: Rendition,
): string {
  const { crop, description } = picture;
  const made = [
    2,
    photograph.name,
    photograph.bytes,
    DECODED_WIDTH,
    crop,
    description,
    key,
    width,
    quality,
    format,
  ];
  return md5(JSON.stringify(made));
}

function fileOf(cacheDir: string, { signature, etag, size }: IndexEntry): RenderedFile {
  return { file: join(cacheDir, 'renditions', signature), etag, size };
}

function md5(content: string | Buffer): string {
  return createHash('md5').update(content).digest('hex');
}

type IndexEntry = { signature: string; etag: string; size: number };

/** What has been rendered, one JSON line each, so that a run that was killed goes on where it was. */
class RenditionIndex {
  readonly #file: string;
  readonly #entries = new Map<string, IndexEntry>();

  constructor(file: string) {
    this.#file = file;
  }

  async load(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      try {
        const entry = JSON.parse(line) as IndexEntry;
        this.#entries.set(entry.signature, entry);
      } catch {
        // The last line of a run that was killed while it wrote: that rendition is made again.
      }
    }
    if (text !== '' && !text.endsWith('\n')) appendFileSync(this.#file, '\n');
  }

  find(signature: string): IndexEntry | undefined {
    return this.#entries.get(signature);
  }

  add(entry: IndexEntry): void {
    this.#entries.set(entry.signature, entry);
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
  }
}
