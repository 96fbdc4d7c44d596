import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../scripts/store/errors.ts';
import { decodeHeader, encodeHeader } from '../../../scripts/store/header-text.ts';
import { compareKeys } from '../../../scripts/store/keys.ts';
import { readHead, writeAttributes } from '../../../scripts/store/object.ts';
import { childrenOf, escapeXml, parseXml, textOf } from '../../../scripts/store/xml.ts';

describe('order of keys', () => {
  it('is that of their UTF-8 bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  it('puts U+E000 before an emoji, other than JavaScript', () => {
    expect(['😀', '\uE000', 'a'].sort(compareKeys)).toEqual(['a', '\uE000', '😀']);
    expect(['😀', '\uE000', 'a'].sort()).toEqual(['a', '😀', '\uE000']);
  });
});

describe('header values', () => {
  it('are UTF-8 on the wire', () => {
    expect(encodeHeader('ü')).toBe('\xc3\xbc');
    expect(decodeHeader('\xc3\xbc')).toBe('ü');
  });

  it('keep every byte, UTF-8 or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const wire = Buffer.from(bytes).toString('latin1');
        expect(encodeHeader(decodeHeader(wire))).toBe(wire);
      }),
    );
  });
});

describe('XML', () => {
  it('is neither trimmed nor turned into numbers', () => {
    const root = parseXml('<?xml version="1.0"?><A><K> 007 &amp;amp; &#10;&#xD;&quot;</K><E/></A>', 'A');
    expect(textOf(root, 'K')).toBe(' 007 &amp; \n\r"');
    expect(textOf(root, 'E')).toBe('');
    expect(textOf(root, 'nothing')).toBeUndefined();
  });

  it('takes a page with thousands of entities', () => {
    const page = `<P>${'<C><E>&quot;x&quot;</E></C>'.repeat(3000)}</P>`;
    expect(childrenOf(parseXml(page, 'P'), 'C')).toHaveLength(3000);
  });

  it.each(['<P><C>1</C>', '<P><C>1</C></Q>', '', 'no XML', '<Q/>'])(
    'refuses a document that is not whole: %s',
    (text) => {
      expect(() => parseXml(text, 'P')).toThrow(StoreError);
    },
  );

  it('escapes what a document could not carry', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(textOf(parseXml(`<P><K>${escapeXml(text)}</K></P>`, 'P'), 'K')).toBe(text);
      }),
    );
  });
});

describe('objects', () => {
  it('are read from headers', () => {
    const head = readHead('k', {
      etag: '"abc-2"',
      'content-length': '3',
      'content-range': 'bytes 0-2/10',
      'last-modified': 'Sat, 21 Nov 2026 10:17:09 GMT',
      'content-type': 'image/jpeg',
      expires: 'never',
      'x-amz-meta-a': '\xc3\xbc',
      'x-amz-tagging-count': '2',
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
    });
    expect(head).toEqual({
      key: 'k',
      size: 10,
      etag: 'abc-2',
      lastModified: new Date('2026-11-21T10:17:09Z'),
      headers: { contentType: 'image/jpeg', expires: 'never' },
      metadata: { a: 'ü' },
      tagCount: 2,
      encryption: 'SSE-C',
    });
  });

  it('are described by headers', () => {
    expect(
      writeAttributes({
        headers: { contentDisposition: 'attachment; filename="ü"', expires: '0' },
        metadata: { A: 'b' },
        tags: { 'a b': '+&', c: '' },
        acl: 'private',
      }),
    ).toEqual({
      'content-disposition': 'attachment; filename="\xc3\xbc"',
      expires: '0',
      'x-amz-meta-a': 'b',
      'x-amz-tagging': 'a%20b=%2B%26&c=',
      'x-amz-acl': 'private',
    });
  });
});
