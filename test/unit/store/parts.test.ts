import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EtagOfParts,
  evenParts,
  MIB,
  multipartEtag,
  plausiblePartSizes,
} from '../../../scripts/store/parts.ts';

const md5 = (data: Buffer) => createHash('md5').update(data).digest();

describe('part sizes', () => {
  it('cover the object with the wanted count', () => {
    expect(evenParts(25, 10)).toEqual([10, 10, 5]);
    expect(evenParts(20, 10)).toEqual([10, 10]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5e9 }), fc.integer({ min: 1, max: 200 }), (size, count) => {
        for (const partSize of plausiblePartSizes(size, count)) {
          const parts = evenParts(size, partSize);
          expect(parts).toHaveLength(count);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(size);
        }
      }),
    );
  });

  it.each([
    ['AWS CLI', 8 * MIB, 70 * MIB + 17],
    ['SDK', 5 * MIB, 23 * MIB],
    ['s5cmd', 50 * MIB, 51 * MIB],
    ['s3cmd', 15 * MIB, 64 * MIB + 1],
    ['decimal', 10e6, 64e6],
    ['whole MiB', 33 * MIB, 300 * MIB],
    ['a last part of one byte', 7_654_321, 3 * 7_654_321 + 1],
  ])('are among the plausible ones: %s', (_tool, partSize, size) => {
    expect(plausiblePartSizes(size, Math.ceil(size / partSize))).toContain(partSize);
  });
});

describe('ETag of parts', () => {
  it('is the same however the bytes come', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 50 }),
        (chunks, partSize) => {
          const whole = Buffer.concat(chunks);
          const etag = new EtagOfParts(evenParts(whole.length, partSize));
          chunks.forEach((chunk) => etag.update(Buffer.from(chunk)));
          const parts: Buffer[] = [];
          for (let start = 0; start < whole.length; start += partSize) {
            parts.push(md5(whole.subarray(start, start + partSize)));
          }
          expect(etag.etag()).toBe(multipartEtag(parts));
        },
      ),
    );
  });
});
