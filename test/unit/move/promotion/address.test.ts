import { expect, test } from 'vitest';
import { addressOf, bucketOf, internalPath } from '../../../../scripts/move/promotion/address.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

const { moves } = exampleEnvironment();
const HOST = '127.0.0.1:8080';

test.each([
  ['/images-on-ceph/a.jpg', HOST, ['images', 'a.jpg']],
  ['/images-on-ceph/a.jpg?versionId=x', HOST, ['images', 'a.jpg']],
  ['/a/b.jpg', 'images-on-ceph.s3.example', ['images', 'a/b.jpg']],
  ['/a.jpg', 'IMAGES-on-ceph.s3.example:80', ['images', 'a.jpg']],
  ['/images-on-ceph//a//b/../c', HOST, ['images', '/a//b/../c']],
  ['/images-on-ceph/a%20b%2Bc+d%3F%25', HOST, ['images', 'a b+c+d?%']],
  ['//images-on-ceph/a', HOST, ['images', 'a']],
  ['/images-on-ceph%2Fa', HOST, ['images', 'a']],
  ['/images-on-ceph/%F0%9F%8D%95%0A', HOST, ['images', '🍕\n']],
  ['//a', 'metadata-on-ceph.s3.example', ['metadata', '/a']],
])('%s at %s names an object', (uri, host, [move, key]: string[]) => {
  const found = addressOf(moves, uri, host);
  expect([found?.move.name, found?.key]).toEqual([move, key]);
});

test.each([
  ['/images-on-ceph', HOST],
  ['/images-on-ceph/', HOST],
  ['/images-on-s3/a.jpg', HOST],
  ['/images-on-ceph-2/a.jpg', HOST],
  ['/images-on-ceph/%FF', HOST],
  ['/', 'images-on-ceph.s3.example'],
  ['/', HOST],
])('%s at %s names none', (uri, host) => {
  expect(addressOf(moves, uri, host)).toBeNull();
});

test('the bucket of a request to the bucket itself', () => {
  expect(bucketOf(moves, '/images-on-ceph?delete', HOST)?.name).toBe('images');
  expect(bucketOf(moves, '/?delete', 'metadata-on-ceph.s3.example')?.name).toBe('metadata');
  expect(bucketOf(moves, '/other?delete', HOST)).toBeNull();
});

test('a presigned URL is handed on as it was signed', () => {
  expect(internalPath('http://127.0.0.1:1/b/a%2F..//x?X-Amz-Signature=1&a=%20')).toBe(
    '/_source/b/a%2F..//x?X-Amz-Signature=1&a=%20',
  );
  expect(() => internalPath('nonsense')).toThrow(TypeError);
});
