import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CacheTier } from '../../../support/cache-tier.ts';

const tier = new CacheTier();
const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
let epoch = 10n;
let counter = 0;
let awkward = '';
let presigned = '';

beforeAll(() => tier.start('ceph-then-pending'));
afterAll(() => tier.stop());
beforeEach(() => {
  tier.forget();
  // Another key for each test: what was cached of the last one is not in the way.
  awkward = `/food-co-images//${counter++}/a%2Fb/%E2%82%AC%20+~(1)`;
  presigned = `${awkward}?X-Amz-Credential=a%2Fb&X-Amz-Signature=0`;
  tier.ceph.always(404, '<Code>NoSuchKey</Code>');
  tier.s3.always(200, 'from S3', { etag: '"s3"' });
  tier.pending.always(404);
});

describe('a read of a key that is still on S3 alone', () => {
  beforeEach(() => tier.pending.always(200, '', { 'x-accel-redirect': `/_source${presigned}` }));

  it.each([
    ['anonymous', {}],
    ['signed', SIGNED],
  ])('is served from there, by the presigned URL to the byte (%s)', async (_, headers) => {
    const answer = await tier.send('GET', awkward, { headers: { ...headers, range: 'bytes=0-3' } });
    expect(answer).toMatchObject({ status: 200, body: 'from S3' });
    expect(answer.headers.etag).toBe('"s3"');
    expect(tier.pending.seen[0]).toMatchObject({ method: 'GET', url: '/pending/find' });
    expect(tier.pending.seen[0]?.headers).toMatchObject({
      'x-original-uri': awkward,
      'x-original-method': 'GET',
    });
    expect(tier.s3.seen[0]?.url).toBe(presigned);
    expect(tier.s3.seen[0]?.headers).toMatchObject({ host: 's3.example:7480', range: 'bytes=0-3' });
    expect(tier.s3.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is HEAD there where it was HEAD here', async () => {
    const answer = await tier.send('HEAD', awkward, { headers: SIGNED });
    expect(answer.status).toBe(200);
    expect(tier.s3.seen.map((seen) => seen.method)).toEqual(['HEAD']);
    expect(tier.pending.seen[0]?.headers['x-original-method']).toBe('HEAD');
  });

  it('is not kept in the cache', async () => {
    await tier.send('GET', awkward);
    tier.ceph.always(200, 'from Ceph');
    expect((await tier.send('GET', awkward)).body).toBe('from Ceph');
  });

  it('gets what S3 says, also that it is gone', async () => {
    tier.s3.always(404, 'gone meanwhile');
    expect(await tier.send('GET', awkward)).toMatchObject({ status: 404, body: 'gone meanwhile' });
  });

  it.each(['?tagging', '?versionId=1', '?acl', '?uploadId=1'])(
    'asks for the object alone: %s is Ceph’s affair',
    async (query) => {
      const answer = await tier.send('GET', `${awkward}${query}`, { headers: SIGNED });
      expect(answer).toMatchObject({ status: 404, body: '<Code>NoSuchKey</Code>' });
      expect((await tier.send('GET', `${awkward}${query}`)).status).toBe(404);
      expect(tier.pending.seen).toHaveLength(0);
    },
  );

  it.each([403, 500, 503])('falls back on 404 alone, not on %i', async (status) => {
    tier.ceph.always(status);
    expect((await tier.send('GET', awkward, { headers: SIGNED })).status).toBe(status);
    expect((await tier.send('GET', awkward)).status).toBe(status);
    expect(tier.s3.seen).toHaveLength(0);
  });
});

describe('a read of any other key that Ceph does not have', () => {
  it('is final', async () => {
    const answer = await tier.send('GET', '/food-co-images/deleted', { headers: SIGNED });
    expect(answer.status).toBe(404);
    expect(answer.body).toContain('<Code>NoSuchKey</Code>');
    expect(answer.headers['content-type']).toBe('application/xml');
    expect(tier.s3.seen).toHaveLength(0);
  });

  it.each([
    ['refuses', () => tier.pending.always(500)],
    ['is down', () => (tier.pending.answer = (_, response) => response.destroy())],
  ])('is not called missing while the service that knows %s', async (_, break_) => {
    break_();
    expect((await tier.send('GET', '/food-co-images/unknown')).status).toBe(503);
    expect((await tier.send('GET', '/food-co-images/unknown', { headers: SIGNED })).status).toBe(503);
  });
});

describe('a write', () => {
  beforeEach(() => {
    tier.ceph.always(200);
    tier.pending.always(204);
  });

  it.each(['PUT', 'DELETE', 'POST'])(
    'takes its key off the pending list before Ceph sees it: %s',
    async (method) => {
      let takenFirst: boolean | undefined;
      tier.ceph.answer = (_, response) => {
        takenFirst = tier.pending.seen.length === 1;
        response.end();
      };
      const path = `${awkward}${method === 'POST' ? '?uploadId=1' : ''}`;
      const body = method === 'DELETE' ? undefined : 'bytes';
      const answer = await tier.send(method, path, {
        headers: SIGNED,
        ...(body === undefined ? {} : { body }),
      });
      expect(answer.status).toBe(200);
      expect(takenFirst).toBe(true);
      expect(tier.pending.seen[0]).toMatchObject({ method: 'GET', url: '/pending/take', body: '' });
      expect(tier.pending.seen[0]?.headers).toMatchObject({
        'x-original-uri': path,
        'x-original-method': method,
      });
      expect(tier.ceph.seen[0]).toMatchObject({ method, url: path, body: body ?? '' });
      expect(tier.ceph.seen[0]?.headers).toMatchObject(SIGNED);
    },
  );

  it('does not reach Ceph where its key cannot be taken off', async () => {
    tier.pending.answer = (_, response) => response.destroy();
    const answer = await tier.send('PUT', awkward, { headers: SIGNED, body: 'x' });
    expect(answer.status).toBe(503);
    expect(answer.body).toContain('<Code>SlowDown</Code>');
    expect(tier.ceph.seen).toHaveLength(0);
  });

  it('of a bucket takes nothing off', async () => {
    expect(
      (await tier.send('PUT', '/food-co-images?versioning', { headers: SIGNED, body: 'x' })).status,
    ).toBe(200);
    expect(tier.pending.seen).toHaveLength(0);
  });

  it('of many keys goes through the service, as a whole', async () => {
    tier.pending.always(200, '<DeleteResult/>');
    const answer = await tier.send('POST', '/food-co-images?delete', { headers: SIGNED, body: '<Delete/>' });
    expect(answer.body).toBe('<DeleteResult/>');
    expect(tier.pending.seen[0]).toMatchObject({
      method: 'POST',
      url: '/pending/delete-many',
      body: '<Delete/>',
    });
    expect(tier.pending.seen[0]?.headers).toMatchObject({
      ...SIGNED,
      host: new URL(tier.endpoint).host,
      'x-original-uri': '/food-co-images?delete',
    });
    expect(tier.ceph.seen).toHaveLength(0);
  });
});

describe('the turn', () => {
  it('takes effect without a restart, and whatever begins after it is served by the new origin', async () => {
    tier.ceph.always(200, 'from Ceph');
    await tier.turn('s3', ++epoch);
    expect((await tier.send('GET', '/_origin')).body).toBe(`{"origin":"s3","epoch":"${epoch}"}`);
    expect((await tier.send('GET', '/food-co-images/turned')).body).toBe('from S3');
    await tier.turn('ceph', ++epoch);
    // Cached a moment ago, in another epoch.
    expect((await tier.send('GET', '/food-co-images/turned')).body).toBe('from Ceph');
  });

  it('lets what is under way end where it began, and no more on that connection', async () => {
    await tier.turn('s3', ++epoch);
    let finish: (() => void) | undefined;
    tier.s3.answer = (_, response) => {
      response.writeHead(200, { 'content-length': '2' }).write('a');
      finish = () => response.end('b');
    };
    const { hostname, port } = new URL(tier.endpoint);
    const sent = request({
      hostname,
      port,
      path: '/food-co-images/slow',
      agent: false,
      headers: SIGNED,
    }).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    await tier.turn('ceph-then-pending', ++epoch);
    const closed = once(answer.socket, 'close');
    finish?.();
    expect(await text(answer)).toBe('ab');
    await closed;
  });

  it('only Ceph, without a fallback: its own words for what it does not have', async () => {
    await tier.turn('ceph', ++epoch);
    tier.pending.always(200, '', { 'x-accel-redirect': `/_source${presigned}` });
    const answer = await tier.send('GET', awkward, { headers: SIGNED });
    expect(answer).toMatchObject({ status: 404, body: '<Code>NoSuchKey</Code>' });
    expect((await tier.send('PUT', awkward, { headers: SIGNED, body: 'x' })).status).toBe(404);
    expect(tier.pending.seen).toHaveLength(0);
  });

  it('is refused where the file is not right, and the old origin goes on', async () => {
    await tier.turn('ceph', ++epoch);
    await expect(tier.turn('no-such-origin' as 's3', ++epoch)).rejects.toThrow(
      'this is no origin file of ours',
    );
    expect((await tier.send('GET', '/_origin')).body).toContain('"origin":"ceph"');
  });
});
