import vm from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  anonymousReadFunction,
  nothingHereFunction,
} from '../../../../infra/storage/cdn/viewer-functions.ts';

type Request = {
  uri: string;
  headers: Record<string, { value: string }>;
  querystring: Record<string, { value: string }>;
};
type Answer = Request & { statusCode?: number; body?: string };

/** Runs a viewer function as the edge does: the text alone, no modules, a request in, a request or an answer out. */
function run(code: string, request: Partial<Request>): Answer {
  const event = { request: { method: 'GET', uri: '/', headers: {}, querystring: {}, ...request } };
  return vm.runInNewContext(`${code}\nhandler(event);`, { event }) as Answer;
}

const CODE = anonymousReadFunction('food-co-images', 'signed.images.food.example');
const read = (request: Partial<Request>) => run(CODE, request);

describe('a read of an image', () => {
  test.each([
    ['/food-co-images/cat.jpg', '/cat.jpg'],
    ['/food-co-images//cat.jpg', '//cat.jpg'],
    ['/food-co-images/a%2Fb/%C3%A9%20+%25.jpg', '/a%2Fb/%C3%A9%20+%25.jpg'],
    ['/food-co-images/food-co-images/x', '/food-co-images/x'],
    ['/food-co-images/a/../b', '/a/../b'],
    ['/food-co-images/folder/', '/folder/'],
  ])('%s is %s of an origin that is about the bucket', (uri, expected) => {
    const request = read({ uri });
    expect(request.statusCode).toBeUndefined();
    expect(request.uri).toBe(expected);
    expect(request.headers['x-images-bucket']).toEqual({ value: 'food-co-images' });
  });

  test('a client cannot name another bucket in the cache’s key', () => {
    const headers = { 'x-images-bucket': { value: 'food-co-menus' } };
    expect(read({ uri: '/food-co-images/x', headers }).headers['x-images-bucket']?.value).toBe(
      'food-co-images',
    );
  });

  test('names that pages put there to get past caches are no signature', () => {
    const querystring = { v: { value: '2' }, versionId: { value: 'x' }, 'response-x': { value: '' } };
    expect(read({ uri: '/food-co-images/x', querystring }).uri).toBe('/x');
  });
});

describe('what is refused', () => {
  test.each(['X-Amz-Signature', 'x-amz-algorithm', 'Signature', 'AWSAccessKeyId', 'X%2DAmz-Signature'])(
    'a presigned link (%s), with where it belongs',
    (parameter) => {
      const answer = read({ uri: '/food-co-images/x', querystring: { [parameter]: { value: '1' } } });
      expect(answer.statusCode).toBe(403);
      expect(answer.body).toContain('Signed requests go to https://signed.images.food.example');
    },
  );

  test('a signature in the header', () => {
    const headers = { authorization: { value: 'AWS4-HMAC-SHA256 …' } };
    expect(read({ uri: '/food-co-images/x', headers })).toMatchObject({
      statusCode: 403,
      headers: { 'cache-control': { value: 'no-store' } },
    });
  });

  test('a list of the bucket', () => {
    expect(read({ uri: '/food-co-images/' }).statusCode).toBe(403);
  });

  test.each(['/x/../food-co-images/cat.jpg', '/food-co-images2/x', '/%66ood-co-images/x', '/'])(
    'a raw path that does not begin with the bucket: %s',
    (uri) => expect(read({ uri })).toMatchObject({ statusCode: 404 }),
  );
});

test('a path without a bucket finds nothing', () => {
  expect(run(nothingHereFunction(), { uri: '/admin/user' })).toMatchObject({
    statusCode: 404,
    body: expect.stringContaining('NoSuchBucket') as string,
  });
});

test('the functions are within CloudFront’s 10 KB', () => {
  for (const code of [CODE, nothingHereFunction()]) expect(Buffer.byteLength(code)).toBeLessThan(10_240);
});
