import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Transport } from '../../../scripts/store/http.ts';
import { untilAnswered } from '../../../scripts/store/unanswered.ts';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse, body: Buffer) => void;

const open: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** A store that answers the first request by the first answer, and so on; the last one for all others. */
async function store(answers: Answer[], requestSeconds = 5) {
  const requests: { method: string | undefined; url: string | undefined; body: string }[] = [];
  const sockets = new Set<unknown>();
  const server = http.createServer((request, response) => {
    void (async () => {
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      const entry = { method: request.method, url: request.url, body: '' };
      requests.push(entry);
      sockets.add(request.socket);
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of request) chunks.push(chunk as Buffer);
      } catch {
        return; // the client hung up
      }
      entry.body = Buffer.concat(chunks).toString();
      answer?.(request, response, Buffer.concat(chunks));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = new Transport(
    {
      kind: 'ceph',
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      addressing: 'path',
      credentials: { kind: 'file', file: '/none' },
    },
    () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'S' }),
    { requestSeconds },
  );
  open.push(transport, { close: () => (server.closeAllConnections(), server.close()) });
  return { transport, requests, sockets };
}

const ok: Answer = (_request, response) => response.end('fine');
const status =
  (code: number, text = ''): Answer =>
  (_request, response) =>
    response.writeHead(code).end(text);
const hangUp: Answer = (request) => request.socket.destroy();
const silence: Answer = () => undefined;
const slowDown = status(503, '<Error><Code>SlowDown</Code><Message>later</Message></Error>');

describe('requests', () => {
  it('go out with the path as it is, and a signature', async () => {
    let authorization: string | undefined;
    const { transport, requests } = await store([
      (request, response) => {
        authorization = request.headers.authorization;
        response.end();
      },
    ]);
    await transport.send({ method: 'GET', bucket: 'b', key: './a//../ü', query: { z: '1', tagging: '' } });
    expect(requests[0]?.url).toBe('/b/./a//../%C3%BC?tagging=&z=1');
    await transport.send({ method: 'GET', bucket: 'team:b', key: 'k' });
    expect(requests[1]?.url).toBe('/team%3Ab/k');
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=A\/\d{8}\/us-east-1\/s3\/aws4_request/);
  });

  it.each([
    ['a 500', status(500)],
    ['SlowDown', slowDown],
    ['a lost connection', hangUp],
  ])('that only read, or that may be repeated, go again after %s', async (_trouble, trouble) => {
    const { transport, requests } = await store([trouble, trouble, ok]);
    expect((await transport.send({ method: 'GET', bucket: 'b' })).text).toBe('fine');
    expect(requests).toHaveLength(3);
    const again = await store([trouble, ok]);
    await again.transport.send({ method: 'PUT', bucket: 'b', key: 'k', body: Buffer.from('x') });
    expect(again.requests.map(({ body }) => body).at(-1)).toBe('x');
  });

  it('that may not be repeated go again only when nothing was done', async () => {
    const lost = await store([hangUp, ok]);
    await expect(lost.transport.send({ method: 'POST', bucket: 'b' })).rejects.toMatchObject({
      status: 0,
      code: 'Connection',
      retryable: true,
    });
    expect(lost.requests).toHaveLength(1);
    const refused = await store([slowDown, ok]);
    expect((await refused.transport.send({ method: 'POST', bucket: 'b' })).text).toBe('fine');
    const streamed = await store([slowDown, ok]);
    const body = Readable.from([Buffer.from('x')]);
    const put = { method: 'PUT' as const, bucket: 'b', key: 'k', body, headers: { 'content-length': '1' } };
    await expect(streamed.transport.send(put)).rejects.toMatchObject({ code: 'SlowDown' });
  });

  it('are given up when the trouble lasts, with what the store said', async () => {
    const { transport, requests } = await store([slowDown]);
    await expect(transport.send({ method: 'GET', bucket: 'b' })).rejects.toThrow(
      'GET /b was answered 503 SlowDown: later',
    );
    expect(requests).toHaveLength(5);
  });

  it('are not repeated when they are refused', async () => {
    const { transport, requests } = await store([status(403, '<Error><Code>AccessDenied</Code></Error>')]);
    await expect(transport.send({ method: 'GET', bucket: 'b', key: 'k' })).rejects.toMatchObject({
      status: 403,
      code: 'AccessDenied',
      retryable: false,
    });
    expect(requests).toHaveLength(1);
  });

  it('end at their deadline: a full cluster lets a PUT hang', async () => {
    const { transport, requests } = await store([silence], 0.2);
    await expect(
      transport.send({ method: 'PUT', bucket: 'b', key: 'k', body: Buffer.from('x') }),
    ).rejects.toMatchObject({ status: 0, code: 'Deadline' });
    expect(requests).toHaveLength(1);
  });

  it('end at their deadline also when the answer stops in the middle', async () => {
    const { transport } = await store([(_request, response) => void response.write('half')], 0.2);
    await expect(transport.send({ method: 'GET', bucket: 'b' })).rejects.toMatchObject({ code: 'Deadline' });
  });

  it('are not sent without the lease, nor repeated without it', async () => {
    const { transport, requests } = await store([status(500), ok]);
    let asked = 0;
    const assertLive = () => {
      if ((asked += 1) === 2) throw new Error('lease lost');
    };
    await expect(transport.send({ method: 'DELETE', bucket: 'b', key: 'k', assertLive })).rejects.toThrow(
      'lease lost',
    );
    expect(requests).toHaveLength(1);
  });

  it('stop in the middle of a body when the lease is lost', async () => {
    let whole = 0;
    const { transport } = await store([(...args) => ((whole += 1), ok(...args))]);
    let asked = 0;
    const assertLive = () => {
      if ((asked += 1) === 3) throw new Error('lease lost');
    };
    await expect(
      transport.send({
        method: 'PUT',
        bucket: 'b',
        key: 'k',
        headers: { 'content-length': '2' },
        body: Readable.from([Buffer.from('a'), Buffer.from('b')]),
        assertLive,
      }),
    ).rejects.toThrow('lease lost');
    expect(whole).toBe(0);
  });
});

describe('a change that got no answer', () => {
  const object = { bucket: 'b', key: 'k' };
  const put = (transport: Transport) => transport.send({ method: 'PUT', ...object, body: Buffer.from('x') });

  it('may land for as long as a request may take, also where it was sent again', async () => {
    const { transport, requests } = await store([hangUp, ok]);
    await put(transport);
    expect(requests).toHaveLength(2);
    const left = transport.unanswered.leftMs(object);
    expect(left).toBeGreaterThan(4000);
    expect(left).toBeLessThanOrEqual(5000);
    expect(transport.unanswered.leftMs({ ...object, key: 'other' })).toBe(0);
  });

  it('may land when a proxy on the way has answered for the store', async () => {
    const { transport } = await store([status(504), ok]);
    await put(transport).catch(() => undefined);
    expect(transport.unanswered.leftMs(object)).toBeGreaterThan(4000);
  });

  it('cannot land later than that', async () => {
    const { transport } = await store([hangUp, ok], 0.3);
    await put(transport);
    const client = { unansweredMs: () => transport.unanswered.leftMs(object) };
    expect(client.unansweredMs()).toBeGreaterThan(0);
    await untilAnswered(client, 'b', 'k');
    expect(client.unansweredMs()).toBeLessThan(2);
  });

  it.each([
    ['was answered', [ok]],
    ['was refused', [status(403, '<Error><Code>AccessDenied</Code></Error>')]],
    ['was asked to come later', [slowDown, ok]],
  ])('is none that %s', async (_, answers) => {
    const { transport } = await store(answers);
    await put(transport).catch(() => undefined);
    expect(transport.unanswered.leftMs(object)).toBe(0);
  });

  it('is none that reached nobody', async () => {
    const { transport } = await store([ok], 0.3);
    await Promise.all(open.splice(1).map((each) => each.close()));
    await expect(put(transport)).rejects.toThrow('ECONNREFUSED');
    expect(transport.unanswered.leftMs(object)).toBe(0);
  });

  it('is none that only reads', async () => {
    const { transport } = await store([hangUp, ok]);
    await transport.send({ method: 'GET', ...object });
    expect(transport.unanswered.leftMs(object)).toBe(0);
  });
});

describe('connections', () => {
  it('are kept, after HEAD too', async () => {
    const { transport, sockets } = await store([ok]);
    for (let count = 0; count < 10; count += 1) {
      await transport.send({ method: 'HEAD', bucket: 'b', key: 'k' });
    }
    // One may still be busy with the end of an answer when the next request is sent.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('are given up before a store that says nothing of it closes them', async () => {
    const { transport, sockets } = await store([ok]);
    await transport.send({ method: 'PUT', bucket: 'b', key: 'k' });
    await sleep(900);
    await transport.send({ method: 'PUT', bucket: 'b', key: 'k' });
    expect(sockets.size).toBe(2);
  });
});
