import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Environment, StoreEndpoint } from '../../../scripts/contract/environment.ts';
import { claimKey, releaseClaims } from '../../../scripts/ledger/claims.ts';
import { openLedger } from '../../../scripts/ledger/connect.ts';
import { addPending, isPending, listPending } from '../../../scripts/ledger/pending.ts';
import { startPendingService, type PendingService } from '../../../scripts/move/promotion/service.ts';
import { StoreClient } from '../../../scripts/store/client.ts';
import { encodeKey } from '../../../scripts/store/signing.ts';
import { emptyBucket, realServices, type Scratch } from '../../support/real.ts';
import { bothSides, quick } from '../verify/support.ts';

let scratch: Scratch;
let environment: Environment;
let service: PendingService;
let sides: Awaited<ReturnType<typeof bothSides>>;
const ANY_PORT = 'http://127.0.0.1:0';

beforeAll(async () => {
  scratch = await (await realServices()).scratch('pending');
  environment = quick(scratch);
  sides = await bothSides(scratch);
  service = await startPendingService(environment, scratch.ledger, { owner: 'test', url: ANY_PORT });
});
afterAll(async () => {
  await service.close();
  await scratch.close();
});
beforeEach(async () => {
  await emptyBucket(sides.source, scratch.sourceBucket);
  await emptyBucket(sides.target, scratch.targetBucket);
  await scratch.ledger.query('TRUNCATE pending_key, claim, failed_key');
});

type Answer = { status: number; headers: IncomingMessage['headers']; text: string };

/** Sends a path exactly as it is, unlike fetch. */
function send(
  base: string,
  path: string,
  method = 'GET',
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { hostname, port } = new URL(base);
  const request = httpRequest({ hostname, port, path, method, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      }),
    );
  });
  request.on('error', reject);
  request.end();
  return promise;
}

/** Asks as Nginx does about a client's request for a key. */
function ask(question: 'find' | 'take', key: string, method = 'GET', at = service.url): Promise<Answer> {
  return send(at, `/pending/${question}`, 'GET', {
    'x-original-uri': `/${scratch.targetBucket}/${encodeKey(key)}`,
    'x-original-host': '127.0.0.1:8080',
    'x-original-method': method,
  });
}

test.each(['plain.jpg', '//a/../b c+%?#&"', '🍕\n', 'é'])(
  'a pending key is found and can be read on S3 by the path that Nginx is given: %j',
  async (key) => {
    await sides.onSource(key, `body of ${key}`);
    expect((await ask('find', key)).status).toBe(404);
    await addPending(scratch.ledger, 'scratch', [key, 'other'], 'a test');
    const found = await ask('find', key);
    expect(found.status).toBe(200);
    const redirect = String(found.headers['x-accel-redirect']);
    expect(redirect).toMatch(/^\/_source\//);
    const read = await send(environment.source.endpoint, redirect.slice('/_source'.length));
    expect([read.status, read.text]).toEqual([200, Buffer.from(`body of ${key}`).toString()]);
    // A HEAD needs a signature of its own.
    const head = String((await ask('find', key, 'HEAD')).headers['x-accel-redirect']);
    const told = await send(environment.source.endpoint, head.slice('/_source'.length), 'HEAD');
    expect([told.status, told.headers['content-length']]).toEqual([
      200,
      String(Buffer.byteLength(`body of ${key}`)),
    ]);
    // A key that is asked for is copied first.
    expect((await listPending(scratch.ledger, 10))[0]?.key).toBe(key);
  },
);

test('a key is off the list before a write passes; any other key, bucket or path passes at once', async () => {
  await addPending(scratch.ledger, 'scratch', ['k'], 'a test');
  expect((await ask('take', 'k', 'PUT')).status).toBe(200);
  expect(await isPending(scratch.ledger, 'scratch', 'k')).toBe(false);
  expect((await ask('find', 'k')).status).toBe(404);
  expect((await ask('take', 'k', 'DELETE')).status).toBe(200);
  const elsewhere = { 'x-original-uri': '/another/k', 'x-original-host': 'h', 'x-original-method': 'PUT' };
  expect((await send(service.url, '/pending/take', 'GET', elsewhere)).status).toBe(200);
  expect((await send(service.url, '/pending/find', 'GET', elsewhere)).status).toBe(404);
});

test('a write waits for a copy that is under way, and is refused for now where it does not end', async () => {
  await addPending(scratch.ledger, 'scratch', ['k'], 'a test');
  const lease = { move: 'scratch', owner: 'copier', epoch: 1n, leaseSeconds: 30, requestSeconds: 30 };
  const claim = await claimKey(scratch.ledger, { ...lease, key: 'k' });
  if (claim === null) throw new Error('nobody else may hold it');
  const impatient = await startPendingService(
    { ...environment, bounds: { ...environment.bounds, requestSeconds: 0.2 } },
    scratch.ledger,
    { owner: 'impatient', url: ANY_PORT },
  );
  expect((await ask('take', 'k', 'DELETE', impatient.url)).status).toBe(503);
  expect(await isPending(scratch.ledger, 'scratch', 'k')).toBe(true);
  await impatient.close();
  const taking = ask('take', 'k', 'DELETE');
  await releaseClaims(scratch.ledger, [claim]);
  expect((await taking).status).toBe(200);
  expect(await isPending(scratch.ledger, 'scratch', 'k')).toBe(false);
});

test('without the ledger nothing is guessed', async () => {
  const away = openLedger('postgres://nobody@127.0.0.1:9/nothing');
  const blind = await startPendingService(environment, away, { owner: 'blind', url: ANY_PORT });
  expect((await ask('find', 'k', 'GET', blind.url)).status).toBe(503);
  expect((await ask('take', 'k', 'PUT', blind.url)).status).toBe(503);
  await blind.close();
  await away.end();
});

/** In the place of Nginx: hands a request on with its Host and headers, naming its path in a header. */
async function frontDoor(): Promise<{ endpoint: string; close(): void }> {
  const server = createServer((request, response) => {
    const { hostname, port } = new URL(service.url);
    const headers = { ...request.headers, 'x-original-uri': request.url ?? '', 'x-original-method': 'POST' };
    const onward = httpRequest(
      { hostname, port, path: '/pending/delete-many', method: 'POST', headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      },
    );
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: `http://127.0.0.1:${port}`, close: () => server.close() };
}

test('a DeleteObjects takes its keys off and reaches Ceph with its signature whole', async () => {
  const keys = ['a b&c', '🍕', 'only-on-s3'];
  await sides.onTarget('a b&c', 'x');
  await sides.onTarget('🍕', 'x');
  await sides.onTarget('kept', 'x');
  await addPending(scratch.ledger, 'scratch', [...keys, 'kept'], 'a test');
  const door = await frontDoor();
  const target = Object.values(environment.targets)[0] as StoreEndpoint;
  const client = await StoreClient.open({ ...target, endpoint: door.endpoint }, 'applications', {
    requestSeconds: 10,
  });
  try {
    await client.deleteMany(scratch.targetBucket, keys);
    for (const key of [...keys, 'kept']) {
      expect([key, await isPending(scratch.ledger, 'scratch', key)]).toEqual([key, key === 'kept']);
    }
    expect(await sides.target.head(scratch.targetBucket, '🍕')).toBeNull();
    expect(await sides.target.head(scratch.targetBucket, 'kept')).not.toBeNull();
    // A signature that is not the client's is refused by Ceph, and the refusal comes back.
    const refused = client.send({
      method: 'POST',
      bucket: scratch.targetBucket,
      query: { delete: '' },
      body: Buffer.from('<Delete><Object>'),
    });
    await expect(refused).rejects.toMatchObject({ status: 400, code: 'MalformedXML' });
  } finally {
    await client.close();
    door.close();
  }
});
