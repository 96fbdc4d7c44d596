import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CacheTier } from '../../../support/cache-tier.ts';

const tier = new CacheTier();
const AUTHORIZATION = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
const NEVER_CACHED = { 'cache-control': 'max-age=3600' };

beforeAll(() => tier.start('s3'));
afterAll(() => tier.stop());
beforeEach(() => tier.forget());

describe('a signed request', () => {
  it('reaches the origin as it was sent', async () => {
    tier.s3.always(200, '', { etag: '"e"' });
    const path = '/food-co-images//a%2Fb/./%7e%20+%25?uploadId=2~a&partNumber=1';
    const answer = await tier.send('PUT', path, {
      headers: {
        ...AUTHORIZATION,
        host: 'food-co-images.source.localhost:81',
        'x-amz-meta-under_score': 'a',
        'x-amz-meta-name': 'b',
        'content-length': '5',
      },
      body: 'bytes',
    });
    expect(answer.status).toBe(200);
    expect(tier.s3.seen[0]).toMatchObject({ method: 'PUT', url: path, body: 'bytes' });
    expect(tier.s3.seen[0]?.headers).toMatchObject({
      ...AUTHORIZATION,
      host: 'food-co-images.source.localhost:81',
      'x-amz-meta-under_score': 'a',
      'x-amz-meta-name': 'b',
      'content-length': '5',
    });
    expect(tier.s3.seen[0]?.headers).not.toHaveProperty('x-forwarded-for');
  });

  it.each([
    ['by header', '/food-co-images/a.jpg', AUTHORIZATION],
    ['by query', '/food-co-images/a.jpg?X-Amz-Signature=1', {}],
    ['by query, version 2', '/food-co-images/a.jpg?AWSAccessKeyId=1&Signature=2', {}],
    ['by query, its name encoded', '/food-co-images/a.jpg?X%2DAmz-Signature=1', {}],
  ])('is never answered from the cache, nor kept (%s)', async (_, path, headers: Record<string, string>) => {
    tier.s3.always(200, 'secret', NEVER_CACHED);
    await tier.send('GET', path, { headers });
    tier.s3.always(403);
    expect((await tier.send('GET', path, { headers })).status).toBe(403);
    expect((await tier.send('GET', path)).status).toBe(403);
    expect(tier.s3.seen).toHaveLength(3);
  });

  it('keeps its Range and conditions, and HEAD stays HEAD', async () => {
    tier.s3.always(206, 'b');
    const headers = { ...AUTHORIZATION, range: 'bytes=1-1', 'if-match': '"e"' };
    await tier.send('GET', '/food-co-images/a.jpg', { headers });
    await tier.send('HEAD', '/food-co-images/a.jpg', { headers });
    expect(tier.s3.seen.map((seen) => seen.method)).toEqual(['GET', 'HEAD']);
    for (const seen of tier.s3.seen) expect(seen.headers).toMatchObject(headers);
  });

  it('may list a bucket', async () => {
    tier.s3.always(200, '<ListBucketResult/>');
    const answer = await tier.send('GET', '/food-co-images?list-type=2', { headers: AUTHORIZATION });
    expect(answer.body).toBe('<ListBucketResult/>');
  });

  it('gets the origin’s own error, its words too', async () => {
    tier.s3.always(404, '<Code>NoSuchVersion</Code>');
    const answer = await tier.send('GET', '/food-co-images/a.jpg', { headers: AUTHORIZATION });
    expect(answer).toMatchObject({ status: 404, body: '<Code>NoSuchVersion</Code>' });
  });

  it('is not sent twice where it writes and the origin breaks the connection', async () => {
    tier.s3.answer = (_, response) => response.destroy();
    const answer = await tier.send('PUT', '/food-co-images/a.jpg', { headers: AUTHORIZATION, body: 'x' });
    expect(answer.status).toBe(502);
    expect(tier.s3.seen).toHaveLength(1);
  });
});

describe('what no client may ask for', () => {
  it.each(['%zz', '/bucket/a%2', '/bucket/%G0'])(
    'a copy source that is badly encoded: %s',
    async (source) => {
      const headers = { ...AUTHORIZATION, 'x-amz-copy-source': source };
      const answer = await tier.send('PUT', '/food-co-images/a.jpg', { headers });
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('<Code>InvalidArgument</Code>');
      expect(tier.s3.seen).toHaveLength(0);
    },
  );

  it('a copy source that is well encoded passes', async () => {
    tier.s3.always(200);
    const headers = { ...AUTHORIZATION, 'x-amz-copy-source': '/bucket/a%20b?versionId=1' };
    expect((await tier.send('PUT', '/food-co-images/a.jpg', { headers })).status).toBe(200);
  });

  it.each(['/admin/user?uid=x', '//admin/user', '/%61dmin/user', '/admin'])(
    'the administration of RGW: %s',
    async (path) => {
      expect((await tier.send('GET', path, { headers: AUTHORIZATION })).status).toBe(403);
      expect(tier.s3.seen).toHaveLength(0);
    },
  );

  it.each(['/_write', '/_cached', '/_source', '/_take', '/_drop', '/_purge_get', '/drop'])(
    'our own locations: %s',
    async (path) => {
      tier.s3.always(200, 'from the origin');
      const answer = await tier.send('PUT', path);
      expect(path === '/drop' ? answer.body : answer.status).toBe(path === '/drop' ? 'from the origin' : 404);
    },
  );
});
