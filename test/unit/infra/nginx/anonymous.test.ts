import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheTierFiles } from '../../../../scripts/contract/local/nginx-files.ts';
import { CacheTier, type Answer } from '../../../support/cache-tier.ts';

const tier = new CacheTier();
let counter = 0;
/** A path that no other test has used. */
const fresh = () => `/food-co-images/${counter++}.jpg`;

beforeAll(() => tier.start('ceph'));
afterAll(() => tier.stop());
beforeEach(() => {
  tier.forget();
  tier.ceph.always(200, 'bytes', {
    etag: '"1"',
    'content-type': 'image/jpeg',
    'cache-control': 'max-age=31536000',
  });
});

/** Asks until the cache has to look at the origin again; an answer is fresh for a second. */
async function onceExpired(path: string, method = 'GET'): Promise<Answer> {
  const until = performance.now() + 10_000;
  for (;;) {
    const answer = await tier.send(method, path);
    if (answer.headers['x-cache-status'] !== 'HIT') return answer;
    if (performance.now() > until) throw new Error('it never expires');
  }
}

describe('an anonymous read', () => {
  it('is answered from the cache the second time, headers and all', async () => {
    const path = fresh();
    const first = await tier.send('GET', path);
    const second = await tier.send('GET', path);
    expect([first.headers['x-cache-status'], second.headers['x-cache-status']]).toEqual(['MISS', 'HIT']);
    expect(second).toMatchObject({ status: 200, body: 'bytes' });
    expect(second.headers).toMatchObject({
      etag: '"1"',
      'content-type': 'image/jpeg',
      'cache-control': 'max-age=31536000',
    });
    expect(tier.ceph.seen).toHaveLength(1);
  });

  it('is asked for again after the stated time, whatever the object says, and only if it changed', async () => {
    const path = fresh();
    await tier.send('GET', path);
    tier.ceph.answer = (seen, response) =>
      response.writeHead(seen.headers['if-none-match'] === '"1"' ? 304 : 200, { etag: '"1"' }).end();
    const answer = await onceExpired(path);
    expect(answer).toMatchObject({ status: 200, body: 'bytes' });
    expect(answer.headers['x-cache-status']).toBe('REVALIDATED');
  });

  it.each([
    ['/food-co-images/a//b.jpg', '/food-co-images/a/b.jpg'],
    ['/food-co-images/a%2Fb', '/food-co-images/a%2fb'],
    ['/food-co-images/./c', '/food-co-images/c'],
    ['/food-co-images/x/../d', '/food-co-images/d'],
    ['/food-co-images/e', '/food-co-images/e?versionId=1'],
  ])('tells %s from %s', async (one, other) => {
    tier.ceph.answer = (seen, response) => response.end(seen.url);
    expect((await tier.send('GET', one)).body).toBe(one);
    expect((await tier.send('GET', other)).body).toBe(other);
  });

  it('tells buckets in host names apart, and knows that they are the same as in paths', async () => {
    tier.ceph.answer = (seen, response) => response.end(String(seen.headers.host));
    const headers = { host: 'one.images.localhost' };
    await tier.send('GET', '/key', { headers });
    const other = await tier.send('GET', '/key', { headers: { host: 'two.images.localhost' } });
    expect(other.body).toBe('two.images.localhost');
    const same = await tier.send('GET', '/one/key');
    expect(same).toMatchObject({ body: 'one.images.localhost' });
    expect(same.headers['x-cache-status']).toBe('HIT');
  });

  it('sends the origin nothing that is not part of the cache’s key', async () => {
    await tier.send('GET', fresh(), {
      headers: {
        'x-forwarded-host': 'evil',
        'x-amz-request-payer': 'requester',
        cookie: 'a=b',
        'x-auth-token': 't',
      },
    });
    expect(Object.keys(tier.ceph.seen[0]?.headers ?? {})).toEqual(['host']);
  });

  it('of another origin (CORS) is not cached', async () => {
    const path = fresh();
    tier.ceph.always(200, 'bytes', { 'access-control-allow-origin': 'https://food.example' });
    await tier.send('GET', path, { headers: { origin: 'https://food.example' } });
    expect((await tier.send('GET', path)).headers['x-cache-status']).toBe('MISS');
  });

  it('HEAD is HEAD at the origin, too, and has an answer of its own', async () => {
    const path = fresh();
    tier.ceph.answer = (_, response) => response.writeHead(200, { 'content-length': '5' }).end();
    expect(await tier.send('HEAD', path)).toMatchObject({ status: 200, body: '' });
    expect((await tier.send('HEAD', path)).headers['x-cache-status']).toBe('HIT');
    tier.ceph.always(200, 'bytes');
    expect(await tier.send('GET', path)).toMatchObject({ status: 200, body: 'bytes' });
    expect(tier.ceph.seen.map((seen) => seen.method)).toEqual(['HEAD', 'GET']);
  });

  it('may ask for a part, before and after the whole is cached', async () => {
    const path = fresh();
    const headers = { range: 'bytes=1-2' };
    tier.ceph.always(200, 'bytes', { 'content-length': '5', 'accept-ranges': 'bytes', etag: '"1"' });
    for (const status of ['MISS', 'HIT']) {
      const answer = await tier.send('GET', path, { headers });
      expect(answer).toMatchObject({ status: 206, body: 'yt' });
      expect(answer.headers['content-range']).toBe('bytes 1-2/5');
      expect(answer.headers['x-cache-status']).toBe(status);
    }
  });

  it('asks the origin once, however many ask at the same time', async () => {
    const path = fresh();
    tier.ceph.answer = (_, response) => setTimeout(() => response.end('bytes'), 200);
    const answers = await Promise.all(Array.from({ length: 8 }, () => tier.send('GET', path)));
    expect(answers.map((answer) => answer.body)).toEqual(Array.from({ length: 8 }, () => 'bytes'));
    expect(tier.ceph.seen).toHaveLength(1);
  });

  it.each(['no-store', 'private, max-age=60'])('is not kept where the object says %s', async (control) => {
    const path = fresh();
    tier.ceph.always(200, 'bytes', { 'cache-control': control });
    await tier.send('GET', path);
    expect((await tier.send('GET', path)).headers['x-cache-status']).toBe('MISS');
  });

  it.each([
    '/',
    '/food-co-images',
    '/food-co-images/',
    '/food-co-images%2F',
    '/food-co-images?list-type=2',
    '/food-co-images/?versions',
    '//food-co-images?list-type=2',
    '/food%2Dco-images/?list-type=2',
  ])('of a whole bucket is refused: %s', async (path) => {
    const answer = await tier.send('GET', path);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('<Code>AccessDenied</Code>');
    expect((await tier.send('GET', path, { headers: { host: 'b.images.localhost' } })).status).toBe(
      path === '/' ? 403 : 200,
    );
  });
});

describe('a write', () => {
  it.each([
    ['PUT', '/food-co-images/w1.jpg'],
    ['DELETE', '/food-co-images/w2.jpg'],
    ['PUT', '/food-co-images/w3.jpg?acl'],
    ['POST', '/food-co-images/w4.jpg?uploadId=2'],
  ])('drops what was cached of its key: %s %s', async (method, path) => {
    const key = path.split('?')[0] ?? '';
    for (const read of ['GET', 'HEAD', 'GET', 'HEAD']) await tier.send(read, key);
    expect(tier.ceph.seen).toHaveLength(2);
    const body = method === 'DELETE' ? {} : { body: 'x'.repeat(100_000) };
    await tier.send(method, path, { headers: { authorization: 'x' }, ...body });
    await untilDropped(3);
    for (const read of ['GET', 'HEAD']) {
      expect((await tier.send(read, key)).headers['x-cache-status']).toBe('MISS');
    }
  });

  /** The drop follows the client's answer: the access log has a line of it when it is done. */
  async function untilDropped(requests: number): Promise<void> {
    await expect.poll(() => tier.ceph.seen.length).toBe(requests);
    const log = cacheTierFiles(tier.home).accessLog;
    await expect
      .poll(async () => /(PUT|POST|DELETE) \S+ 20\d .*\n$/.test(await readFile(log, 'utf8')))
      .toBe(true);
  }
});

describe('what must not come back', () => {
  it('is not served stale after the origin said 404, or 403', async () => {
    for (const [status, code] of [
      [404, 'NoSuchKey'],
      [403, 'AccessDenied'],
    ] as const) {
      const path = fresh();
      tier.ceph.always(200, 'bytes');
      await tier.send('GET', path);
      tier.ceph.always(status);
      const answer = await onceExpired(path);
      expect(answer.status).toBe(status);
      expect(answer.body).toContain(`<Code>${code}</Code>`);
      tier.ceph.answer = (_, response) => response.destroy();
      expect((await tier.send('GET', path)).status).toBe(502);
    }
  });

  it('stays served while the origin is down, where it was there to the last', async () => {
    const path = fresh();
    await tier.send('GET', path);
    tier.ceph.answer = (_, response) => response.destroy();
    const answer = await onceExpired(path);
    expect(answer).toMatchObject({ status: 200, body: 'bytes' });
    expect(answer.headers['x-cache-status']).toBe('STALE');
  });

  it('an error of a living origin is passed on, and nothing stale', async () => {
    const path = fresh();
    await tier.send('GET', path);
    tier.ceph.always(500);
    expect((await onceExpired(path)).status).toBe(500);
  });
});
