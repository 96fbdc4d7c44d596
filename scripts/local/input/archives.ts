import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Photograph } from './photographs.ts';

const MIB = 1024 * 1024;

/** An object that is uploaded in parts: the original photographs, one after the other, cut at these bytes. */
export type Archive = { key: string; first: number; partBytes: number[] };

/** Three objects over 64 MiB: equal parts, parts of every size, and equal parts with a short last one. */
export const ARCHIVES: readonly Archive[] = [
  { key: 'archives/2026/menu-photographs-even.bin', first: 0, partBytes: Array<number>(9).fill(8 * MIB) },
  {
    key: 'archives/2026/menu-photographs-uneven.bin',
    first: 7,
    partBytes: [5 * MIB, 12 * MIB + 1, 16 * MIB - 7, 7 * MIB, 15 * MIB + 4_321, 11 * MIB, 99_991],
  },
  {
    key: 'archives/2026/menu-photographs-short.bin',
    first: 13,
    partBytes: [...Array<number>(4).fill(16 * MIB), 123_457],
  },
];

/** The parts of an archive, one in memory at a time. */
export async function* archiveParts(archive: Archive, photographs: Photograph[]): AsyncGenerator<Buffer> {
  const bytes = endlessBytes(photographs, archive.first);
  let rest: Buffer = Buffer.alloc(0);
  for (const size of archive.partBytes) {
    const pieces: Buffer[] = [];
    let wanted = size;
    while (wanted > 0) {
      if (rest.length === 0) {
        const next = await bytes.next();
        if (next.done === true) throw new Error('The photographs ended, though they are repeated');
        rest = next.value;
      }
      const piece = rest.subarray(0, wanted);
      pieces.push(piece);
      wanted -= piece.length;
      rest = rest.subarray(piece.length);
    }
    yield Buffer.concat(pieces, size);
  }
}

/** What a store must say about an archive, and the digest of its bytes. */
export async function describeArchive(
  archive: Archive,
  photographs: Photograph[],
): Promise<{ etag: string; md5: string; size: number }> {
  const digests: Buffer[] = [];
  const whole = createHash('md5');
  for await (const part of archiveParts(archive, photographs)) {
    digests.push(createHash('md5').update(part).digest());
    whole.update(part);
  }
  const size = archive.partBytes.reduce((sum, part) => sum + part, 0);
  return { etag: multipartEtag(digests), md5: whole.digest('hex'), size };
}

/** The ETag that S3 and RGW give to an upload whose parts have these MD5 digests. */
export function multipartEtag(digests: Buffer[]): string {
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${digests.length}`;
}

async function* endlessBytes(photographs: Photograph[], first: number): AsyncGenerator<Buffer> {
  for (let number = first; photographs.length > 0; number++) {
    const photograph = photographs[number % photographs.length];
    if (photograph === undefined) return;
    for await (const chunk of createReadStream(photograph.file, { highWaterMark: MIB }))
      yield chunk as Buffer;
  }
}
