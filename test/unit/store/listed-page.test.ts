import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readListedPage } from '../../../scripts/store/listed-page.ts';
import { escapeXml } from '../../../scripts/store/xml.ts';

const entry = (key: string, extra = '') =>
  `<Contents><Key>${key}</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>` +
  `<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>7</Size>${extra}</Contents>`;
const page = (entries: string[], { truncated = false, encoded = true } = {}) =>
  '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  `<Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><IsTruncated>${truncated}</IsTruncated>` +
  `${encoded ? '<EncodingType>url</EncodingType>' : ''}${entries.join('')}</ListBucketResult>`;
const keysOf = (text: string) => readListedPage(text).objects.map(({ key }) => key);

describe('a page of a listing', () => {
  it('is read whole', () => {
    const owner = '<Owner><ID>me</ID><DisplayName>Me</DisplayName></Owner>';
    const text = page([entry('a', `<StorageClass>STANDARD</StorageClass>${owner}`), entry('b')], {
      truncated: true,
    });
    const common = {
      size: 7,
      etag: 'd41d8cd98f00b204e9800998ecf8427e',
      lastModified: new Date('2026-01-02T03:04:05.678Z'),
    };
    expect(readListedPage(text)).toEqual({
      objects: [
        { key: 'a', storageClass: 'STANDARD', ...common },
        { key: 'b', ...common },
      ],
      truncated: true,
    });
    expect(readListedPage(page([]))).toEqual({ objects: [], truncated: false });
  });

  it('is read where what tells of the page follows its entries', () => {
    const text = `<ListBucketResult>${entry('a')}<IsTruncated>true</IsTruncated></ListBucketResult>\n`;
    expect(readListedPage(text)).toMatchObject({ truncated: true, objects: [{ key: 'a' }] });
  });

  it('gives every key as it was written, encoded or not', () => {
    const keys = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((key) => key.isWellFormed()));
    fc.assert(
      fc.property(keys, (all) => {
        expect(keysOf(page(all.map((key) => entry(encodeURIComponent(key)))))).toEqual(all);
        expect(
          keysOf(
            page(
              all.map((key) => entry(escapeXml(key))),
              { encoded: false },
            ),
          ),
        ).toEqual(all);
      }),
    );
    expect(keysOf(page([entry('a+b%2Bc')]))).toEqual(['a b+c']);
    expect(keysOf(page([entry('a+b%2Bc')], { encoded: false }))).toEqual(['a+b%2Bc']);
  });

  it('is refused wherever it is cut off', () => {
    const whole = page([entry('a'), entry('b')]);
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => readListedPage(whole.slice(0, length))).toThrow();
    }
  });

  it('is left to the parser where it is written unusually', () => {
    const text = page([entry('<![CDATA[a]]>')]);
    expect(keysOf(text)).toEqual(['a']);
    expect(keysOf(page(['<!-- none -->', entry('a').replace('<Key>', '<Key x="1">')]))).toEqual(['a']);
  });

  it.each(['<Error><Code>NoSuchBucket</Code></Error>', '', 'not XML'])('is not "%s"', (text) => {
    expect(() => readListedPage(text)).toThrow();
  });
});
