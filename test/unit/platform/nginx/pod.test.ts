import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cacheTierConf } from '../../../../infra/nginx/cache-tier.ts';
import { originAnswer } from '../../../../scripts/contract/nginx-origin.ts';
import { serveFollower } from '../../../../scripts/platform/nginx/answer.ts';
import { readText } from '../../../../scripts/platform/nginx/read-text.ts';
import { Stub } from '../../../support/cache-tier.ts';
import { CacheTierPod, CEPH_HOST, S3_HOST } from '../../../support/cache-tier-pod.ts';

const PUBLIC = 'images.food.example';
const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };

let pod: CacheTierPod;
beforeAll(async () => {
  pod = await CacheTierPod.start();
});
afterAll(() => pod.stop());
beforeEach(() => {
  pod.forget();
  pod.ceph.always(200, 'of ceph');
  pod.s3.always(200, 'of s3');
});

let epoch = 1n;
async function turn(order: 's3' | 'ceph' | 'ceph-then-pending'): Promise<void> {
  pod.origin = { order, epoch: (epoch += 1n) };
  await pod.follower.step();
}

describe('a store behind TLS', () => {
  it('is asked under its own name by the anonymous, with the bucket in the path', async () => {
    await turn('s3');
    const answer = await pod.send('GET', '/food-co-images/a%20b//c.jpg?v=1', { headers: { host: PUBLIC } });
    expect(answer).toMatchObject({ status: 200, body: 'of s3' });
    expect(pod.s3.seen).toMatchObject([
      {
        method: 'GET',
        url: '/food-co-images/a%20b//c.jpg?v=1',
        serverName: S3_HOST,
        headers: { host: S3_HOST },
      },
    ]);
  });

  it('is asked for a bucket in the path by the anonymous who has it in the host', async () => {
    await turn('ceph');
    await pod.send('GET', '/a.jpg', { headers: { host: 'food-co-images.images.objects.food.example' } });
    expect(pod.ceph.seen).toMatchObject([
      { url: '/food-co-images/a.jpg', serverName: CEPH_HOST, headers: { host: CEPH_HOST } },
    ]);
  });

  it('is asked the same by a browser of another site', async () => {
    await turn('ceph');
    const headers = { host: PUBLIC, origin: 'https://shop.example' };
    await pod.send('GET', '/food-co-images/a.jpg', { headers });
    expect(pod.ceph.seen).toMatchObject([
      { url: '/food-co-images/a.jpg', headers: { host: CEPH_HOST, origin: 'https://shop.example' } },
    ]);
  });

  it.each(['GET', 'PUT'])('sees a signed %s with the host and path that were signed', async (method) => {
    await turn('ceph');
    const host = 'food-co-images.signed.images.food.example';
    await pod.send(method, '/a%2Fb//c.jpg?x=%7E', {
      headers: { ...SIGNED, host },
      body: method === 'PUT' ? 'bytes' : '',
    });
    expect(pod.ceph.seen).toMatchObject([
      { method, url: '/a%2Fb//c.jpg?x=%7E', serverName: CEPH_HOST, headers: { host } },
    ]);
  });

  it('with a certificate for another name gets nothing', async () => {
    await turn('ceph');
    await pod.configure({
      tls: { authorities: pod.authority.file, hosts: { ceph: 'other.food.example', s3: S3_HOST } },
    });
    await pod.follower.step();
    const answer = await pod.send('GET', '/food-co-images/never-seen.jpg', { headers: { host: PUBLIC } });
    expect([answer.status, pod.ceph.seen]).toEqual([502, []]);
    await pod.configure({
      tls: { authorities: pod.authority.file, hosts: { ceph: CEPH_HOST, s3: S3_HOST } },
    });
    await pod.follower.step();
    expect(
      (await pod.send('GET', '/food-co-images/never-seen.jpg', { headers: { host: PUBLIC } })).status,
    ).toBe(200);
  });

  it('with a certificate of an authority that is not believed gets nothing', async () => {
    await turn('s3');
    const hosts = { ceph: CEPH_HOST, s3: S3_HOST };
    await pod.configure({ tls: { authorities: '/etc/ssl/certs/ca-certificates.crt', hosts } });
    await pod.follower.step();
    const answer = await pod.send('GET', '/food-co-images/unseen.jpg', { headers: { host: PUBLIC } });
    expect([answer.status, pod.s3.seen]).toEqual([502, []]);
    await pod.configure({ tls: { authorities: pod.authority.file, hosts } });
    await pod.follower.step();
  });

  it('serves a pending key by a presigned path, as long as one with a session’s token is', async () => {
    await turn('ceph-then-pending');
    const presigned = `/food-co-images/p.jpg?X-Amz-Security-Token=${'t'.repeat(6000)}`;
    pod.ceph.always(404);
    pod.pending.answer = (_, response) =>
      response.writeHead(200, { 'x-accel-redirect': `/_source${presigned}` }).end();
    const answer = await pod.send('GET', '/food-co-images/p.jpg', { headers: { host: PUBLIC } });
    expect(answer).toMatchObject({ status: 200, body: 'of s3' });
    expect(pod.s3.seen).toMatchObject([{ url: presigned, serverName: S3_HOST, headers: { host: S3_HOST } }]);
  });
});

describe('the follower', () => {
  it('says that it has turned when Nginx serves by the new origin, and not before', async () => {
    await turn('s3');
    const server = await serveFollower(pod.follower, { port: 0, host: '127.0.0.1', ready: () => true });
    try {
      const said = () => readText(`http://127.0.0.1:${server.port}/_origin`);
      expect(await said()).toBe(originAnswer({ order: 's3', epoch }));
      pod.origin = { order: 'ceph', epoch: (epoch += 1n) };
      const step = pod.follower.step();
      await expect
        .poll(() => said().catch((error: Error) => error.message), { interval: 5 })
        .toContain('503');
      await step;
      expect(await said()).toBe(originAnswer({ order: 'ceph', epoch }));
      expect(await readText(`http://127.0.0.1:${server.port}/alive`)).toBe('alive\n');
    } finally {
      await server.close();
    }
  });

  it('keeps the origin while the ledger is away', async () => {
    await turn('ceph');
    pod.origin = new Error('the ledger is away');
    await pod.follower.step();
    expect(pod.follower.confirmed).toBe(originAnswer({ order: 'ceph', epoch }));
  });

  it('goes where a name leads now', async () => {
    await turn('ceph');
    const [, port] = pod.ceph.address.split(':');
    const moved = await new Stub(await pod.authority.sign(CEPH_HOST)).listen({
      host: '127.0.0.2',
      port: Number(port),
    });
    moved.always(200, 'of the new address');
    try {
      pod.addresses = ['127.0.0.2'];
      await pod.follower.step();
      const { body } = await pod.send('GET', '/food-co-images/moved.jpg', { headers: { host: PUBLIC } });
      expect([body, pod.ceph.seen]).toEqual(['of the new address', []]);
    } finally {
      pod.addresses = ['127.0.0.1'];
      await pod.follower.step();
      moved.close();
    }
  });

  it('takes up a new configuration', async () => {
    await pod.configure({}, `${cacheTierConf(pod.settings).replace('X-Cache-Status', 'X-Cache')}`);
    await turn('s3');
    const { headers } = await pod.send('GET', '/food-co-images/header.jpg', { headers: { host: PUBLIC } });
    expect([headers['x-cache'], headers['x-cache-status']]).toEqual(['MISS', undefined]);
    await pod.configure();
    await pod.follower.step();
  });

  it('leaves out a configuration that Nginx refuses, and still turns', async () => {
    await pod.configure({}, 'worker_processes two;');
    await turn('ceph');
    expect(pod.follower.confirmed).toBe(originAnswer({ order: 'ceph', epoch }));
    const { body } = await pod.send('GET', '/food-co-images/refused.jpg', { headers: { host: PUBLIC } });
    expect(body).toBe('of ceph');
    await pod.configure();
    await pod.follower.step();
  });

  it('of a pod that is leaving goes on serving, while load balancers stop sending requests', async () => {
    await turn('s3');
    const file = pod.settings.drainingFile ?? '';
    await writeFile(file, '');
    expect((await pod.send('GET', '/_origin')).status).toBe(503);
    expect((await pod.send('GET', '/food-co-images/leaving.jpg', { headers: { host: PUBLIC } })).status).toBe(
      200,
    );
    await rm(file);
    expect((await pod.send('GET', '/_origin')).status).toBe(200);
  });
});
