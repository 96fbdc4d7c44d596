import { createHash, randomBytes } from 'node:crypto';
import { multipartEtag } from '../input/archives.ts';
import type { Value } from './model.ts';

/** Bytes that no two objects share: a line that names the write, then a stretch of noise. */
export class Bodies {
  readonly #noise = randomBytes(6 * 1024 * 1024);

  /** A body of about `size` bytes and the value that the store must show for it. */
  make(mark: string, size: number): { body: Buffer; value: NonNullable<Value> } {
    const head = Buffer.from(`${mark}\n`);
    const start = Math.floor(Math.random() * (this.#noise.length - size));
    const body = Buffer.concat([head, this.#noise.subarray(start, start + size)]);
    return { body, value: { etag: digest(body).toString('hex'), size: body.length, mark } };
  }

  /** Bodies of exactly these sizes, the parts of one upload; all but the last must have 5 MiB or more. */
  makeParts(mark: string, sizes: number[]): { parts: Buffer[]; value: NonNullable<Value> } {
    const parts = sizes.map((size, index) => {
      const line = `${mark} part ${index + 1}`;
      return this.make(line, size - line.length - 1).body;
    });
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const md5 = digest(Buffer.concat(parts)).toString('hex');
    return { parts, value: { etag: multipartEtag(parts.map(digest)), md5, size, mark } };
  }
}

function digest(body: Buffer): Buffer {
  return createHash('md5').update(body).digest();
}
