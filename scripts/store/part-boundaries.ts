import type { CopyRequest } from './copy-request.ts';
import { partCount, type ObjectHead } from './object.ts';
import { askPartSizes, EtagOfParts, evenParts, MIB, plausiblePartSizes, usualPartSizes } from './parts.ts';
import { readRange } from './source-bytes.ts';

/** S3 takes no smaller parts but as the last. */
const LEAST_PART = 5 * MIB;
/** A wrong guess costs an upload, reading the object once to be sure costs a download. */
const MOST_TO_GUESS_AMONG = 2;

/** Where parts may end. `reproduces`: so that the copy has the source's ETag, or it is not made. */
export type Boundaries = { sizes: number[]; reproduces: boolean };

/**
 * Boundaries to try, the last of which take any ETag. Where the store does not tell its own (RGW 16.2.15) and
 * the number of parts leaves hardly a choice among the sizes that tools use, the first guess is uploaded at
 * once, which is mostly right; else the object is read once to find the boundaries that give its ETag.
 */
export async function* boundariesOf(request: CopyRequest, head: ObjectHead): AsyncGenerator<Boundaries> {
  const { source, sourceBucket, key, versionId } = request;
  const object = { etag: head.etag, size: head.size, versionId };
  const told = await askPartSizes(source, sourceBucket, key, object);
  if (told !== undefined) {
    yield { sizes: told, reproduces: true };
    yield { sizes: told, reproduces: false };
    return;
  }
  const count = partCount(head.etag) ?? 1;
  const usual = usualPartSizes(head.size, count);
  const guess = usual.length <= MOST_TO_GUESS_AMONG ? usual[0] : undefined;
  if (guess !== undefined) yield { sizes: evenParts(head.size, guess), reproduces: true };
  const others = plausiblePartSizes(head.size, count).filter((size) => size !== guess);
  const proven = await provenPartSize(request, head, others);
  if (proven !== undefined) yield { sizes: evenParts(head.size, proven), reproduces: true };
  const any = Math.max(LEAST_PART, Math.ceil(head.size / count));
  yield { sizes: evenParts(head.size, any), reproduces: false };
}

/** The part size that gives the source's ETag, by reading the object once. */
async function provenPartSize(
  request: CopyRequest,
  head: ObjectHead,
  plausible: number[],
): Promise<number | undefined> {
  if (plausible.length === 0) return undefined;
  const candidates = plausible.map((size) => new EtagOfParts(size));
  for await (const chunk of readRange(request, head, 0, head.size)) {
    for (const candidate of candidates) {
      candidate.update(chunk);
    }
  }
  return candidates.find((candidate) => candidate.etag() === head.etag)?.partSize;
}
