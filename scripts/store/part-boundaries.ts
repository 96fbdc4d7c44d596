import type { CopyRequest } from './copy-request.ts';
import { isEncrypted, partCount, type ObjectHead } from './object.ts';
import { askPartSizes, EtagOfParts, evenParts, MIB, plausiblePartSizes, usualPartSizes } from './parts.ts';
import { readRange } from './source-bytes.ts';

/** S3 takes no smaller parts but as the last. */
const LEAST_PART = 5 * MIB;
/** A wrong guess costs an upload, reading the object once to be sure costs a download. */
const MOST_TO_GUESS_AMONG = 2;

/**
 * Where parts may end. `etag`: what the source's bytes must give with these boundaries; undefined where that is
 * not known, so that each part is proven by itself.
 */
export type Boundaries = { sizes: number[]; etag: string | undefined };

/**
 * Boundaries to try until an upload has their ETag, which the last ones have wherever the source's bytes arrived. Where
 * the store does not tell its own (RGW 16.2.15) and the number of parts leaves hardly a choice among the sizes that tools use, the first
 * guess is uploaded at once, which is mostly right; else the object is read once to find the boundaries that give
 * its ETag. By that of an encrypted object nothing can be found.
 */
export async function* boundariesOf(request: CopyRequest, head: ObjectHead): AsyncGenerator<Boundaries> {
  const { source, sourceBucket, key, versionId } = request;
  const told = await askPartSizes(source, sourceBucket, key, { etag: head.etag, size: head.size, versionId });
  const count = partCount(head.etag) ?? 1;
  const any = Math.max(LEAST_PART, Math.ceil(head.size / count));
  if (isEncrypted(head)) {
    yield { sizes: told ?? evenParts(head.size, any), etag: undefined };
    return;
  }
  const usual = usualPartSizes(head.size, count);
  const guess = usual.length <= MOST_TO_GUESS_AMONG ? usual[0] : undefined;
  const first = told ?? (guess === undefined ? undefined : evenParts(head.size, guess));
  if (first !== undefined) yield { sizes: first, etag: head.etag };
  const plausible = told === undefined ? plausiblePartSizes(head.size, count) : [];
  const others = plausible.filter((size) => size !== guess).map((size) => evenParts(head.size, size));
  const last = first ?? evenParts(head.size, any);
  const [ofLast, ...ofOthers] = await etagsBySizes(request, head, [last, ...others]);
  const found = others[ofOthers.indexOf(head.etag)];
  yield found === undefined ? { sizes: last, etag: ofLast } : { sizes: found, etag: head.etag };
}

/** The ETags that the source's bytes give with parts of these sizes, by reading the object once. */
async function etagsBySizes(
  request: CopyRequest,
  head: ObjectHead,
  each: readonly (readonly number[])[],
): Promise<string[]> {
  const candidates = each.map((sizes) => new EtagOfParts(sizes));
  for await (const chunk of readRange(request, head, 0, head.size)) {
    for (const candidate of candidates) {
      candidate.update(chunk);
    }
  }
  return candidates.map((candidate) => candidate.etag());
}
