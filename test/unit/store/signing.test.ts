import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, it } from 'vitest';
import { EMPTY_SHA256, encodeKey, encodeQuery, sha256, Signer } from '../../../scripts/store/signing.ts';

// "Examples: Signature Calculations" of the Amazon S3 API reference (Authorization header; query).
const signer = new Signer(
  { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  { region: 'us-east-1', service: 's3' },
);
const host = 'examplebucket.s3.amazonaws.com';
const now = new Date('2013-05-24T00:00:00Z');

function signatureOf(request: Parameters<Signer['sign']>[0]): string | undefined {
  return /Signature=(\w+)/.exec(signer.sign(request, now)['authorization'] ?? '')?.[1];
}

describe('Signature Version 4, AWS’s published examples', () => {
  it('signs GET Object with a range', () => {
    const headers = signer.sign(
      {
        method: 'GET',
        path: '/test.txt',
        query: {},
        headers: { host, range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY_SHA256 },
      },
      now,
    );
    expect(headers['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, ' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
    expect(headers['x-amz-date']).toBe('20130524T000000Z');
  });

  it('signs PUT Object, with a key that is encoded', () => {
    const signature = signatureOf({
      method: 'PUT',
      path: `/${encodeKey('test$file.text')}`,
      query: {},
      headers: {
        host,
        date: 'Fri, 24 May 2013 00:00:00 GMT',
        'x-amz-storage-class': 'REDUCED_REDUNDANCY',
        'x-amz-content-sha256': sha256('Welcome to Amazon S3.'),
      },
    });
    expect(signature).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
  });

  it('signs a subresource without a value, and a query', () => {
    const headers = { host, 'x-amz-content-sha256': EMPTY_SHA256 };
    expect(signatureOf({ method: 'GET', path: '/', query: { lifecycle: '' }, headers })).toBe(
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    );
    expect(signatureOf({ method: 'GET', path: '/', query: { prefix: 'J', 'max-keys': '2' }, headers })).toBe(
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    );
  });

  it('presigns', () => {
    const query = signer.presign(
      { method: 'GET', path: '/test.txt', query: {}, headers: { host } },
      86400,
      now,
    );
    expect(query).toBe(
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
        '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    );
  });

  it('derives a new key when the day changes', () => {
    const request = { method: 'GET', path: '/', query: {}, headers: { host } };
    const next = new Date('2013-05-25T00:00:00Z');
    const fresh = new Signer(
      { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      { region: 'us-east-1', service: 's3' },
    );
    signer.sign(request, now);
    expect(signer.sign(request, next)).toEqual(fresh.sign(request, next));
  });
});

describe('encoding of keys', () => {
  it.each([
    ['a//b', 'a//b'],
    ['/lead', '/lead'],
    ['./a/../b/.', './a/../b/.'],
    ['a b+c%2F', 'a%20b%2Bc%252F'],
    ['?#&;=:@$,', '%3F%23%26%3B%3D%3A%40%24%2C'],
    [`!'()*~-_.`, '%21%27%28%29%2A~-_.'],
    ['new\nline', 'new%0Aline'],
    ['\u00e9 e\u0301', '%C3%A9%20e%CC%81'],
    ['😀', '%F0%9F%98%80'],
  ])('%j', (key, encoded) => {
    expect(encodeKey(key)).toBe(encoded);
    expect(decodeURIComponent(encodeKey(key))).toBe(key);
  });

  it('sorts a query by name', () => {
    expect(encodeQuery({ b: '1/2', a: 'ü', 'a-b': '' })).toBe('a=%C3%BC&a-b=&b=1%2F2');
  });
});

describe("a role's keys, held against the SDK's signer", () => {
  const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'secret', sessionToken: 'a/b+c==' };
  const ours = new Signer(credentials, { region: 'us-east-1', service: 's3' });
  const theirs = new SignatureV4({
    credentials,
    region: 'us-east-1',
    service: 's3',
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const path = `/${encodeKey('a//b/ü +.jpg')}`;
  const sdkRequest = (headers: Record<string, string>) => ({
    method: 'GET',
    protocol: 'https:',
    hostname: host,
    path,
    headers,
  });

  it('are signed with their session token', async () => {
    const headers = { host, 'x-amz-content-sha256': EMPTY_SHA256 };
    const signed = ours.sign({ method: 'GET', path, query: {}, headers }, now);
    expect(signed['x-amz-security-token']).toBe('a/b+c==');
    expect(signed['authorization']).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token',
    );
    const expected = await theirs.sign(sdkRequest(headers), { signingDate: now });
    expect(signed['authorization']?.replaceAll(', ', ' ')).toBe(
      expected.headers['authorization']?.replaceAll(', ', ' '),
    );
  });

  it('presign with it in the query', async () => {
    const query = ours.presign({ method: 'GET', path, query: {}, headers: { host } }, 60, now);
    const expected = await theirs.presign(
      { ...sdkRequest({ host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }), query: {} },
      {
        signingDate: now,
        expiresIn: 60,
        unhoistableHeaders: new Set(['x-amz-content-sha256']),
        unsignableHeaders: new Set(['x-amz-content-sha256']),
      },
    );
    expect(new URLSearchParams(query).get('X-Amz-Security-Token')).toBe('a/b+c==');
    expect(new URLSearchParams(query).get('X-Amz-Signature')).toBe(expected.query?.['X-Amz-Signature']);
  });
});
