import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ContentDigest, digestLine, type DigestEntry } from '../../../../scripts/move/verify/digest.ts';

const entry = (change: Partial<DigestEntry> = {}): DigestEntry => ({
  key: 'a "b"\n',
  size: 3,
  etag: 'e',
  headers: { contentType: 'image/jpeg' },
  metadata: { b: '2', a: '1' },
  tags: {},
  ...change,
});
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a line can be computed by anyone who reads its description', () => {
  const attributes = sha256('[[["contentType","image/jpeg"]],[["a","1"],["b","2"]],[]]');
  expect(digestLine(entry())).toBe(`["a \\"b\\"\\n",3,"e","${attributes}"]\n`);
});

test('the digest is that of all lines, with counts and bytes', () => {
  const digest = new ContentDigest();
  digest.add(entry());
  digest.add(entry({ key: 'b', size: 4 }));
  expect([digest.objects, digest.bytes]).toEqual([2, 7]);
  expect(digest.end()).toBe(sha256(digestLine(entry()) + digestLine(entry({ key: 'b', size: 4 }))));
});

test('the order of names does not matter, every value does', () => {
  const line = digestLine(entry());
  expect(digestLine(entry({ metadata: { a: '1', b: '2' } }))).toBe(line);
  for (const change of [
    { key: 'c' },
    { size: 4 },
    { etag: 'f' },
    { headers: { cacheControl: 'image/jpeg' } },
    { metadata: { a: '1', b: '3' } },
    { tags: { a: '1' } },
  ]) {
    expect(digestLine(entry(change))).not.toBe(line);
  }
});
