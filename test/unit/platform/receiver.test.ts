import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { MalformedEvent } from '../../../scripts/platform/notifications/records.ts';
import { startReceiver, type Receiver } from '../../../scripts/platform/notifications/receiver.ts';
import { UserError } from '../../../scripts/contract/errors.ts';

let receiver: Receiver | undefined;
afterEach(() => receiver?.close());

async function start(
  store: (document: unknown) => Promise<number>,
  health: () => Promise<object> = () => Promise.resolve({ operations: 0 }),
): Promise<string> {
  receiver = await startReceiver({
    url: 'http://127.0.0.1:0/events',
    handler: { store },
    health,
    refusalPauseMs: 1,
  });
  return receiver.url;
}
const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

test('answers 200 only after the handler has stored it', async () => {
  const stored = Promise.withResolvers<number>();
  const url = await start(() => stored.promise);
  let answered = false;
  const answer = post(url, '{"Records":[]}').then((response) => {
    answered = true;
    return response;
  });
  await (await fetch(new URL('/health', url))).text(); // a whole other request meanwhile
  expect(answered).toBe(false);
  stored.resolve(3);
  const response = await answer;
  expect(response.status).toBe(200);
  await expect(response.json()).resolves.toEqual({ stored: 3 });
});

test('what was not stored is never acknowledged', async () => {
  const trouble = [new Error('the ledger is away'), new MalformedEvent('record 0: no key')];
  const url = await start(() => Promise.reject(trouble.shift() ?? new Error('no more')));
  const away = await post(url, '{}');
  expect([away.status, await away.json()]).toEqual([503, { reason: 'the ledger is away' }]);
  const malformed = await post(url, '{}');
  expect([malformed.status, await malformed.json()]).toEqual([400, { reason: 'record 0: no key' }]);
});

test('a body that is no JSON is handed on as it is, to be counted: sent again it would be the same', async () => {
  const stored: unknown[] = [];
  const url = await start((document) => Promise.resolve(stored.push(document) - 1));
  expect((await post(url, '{"Records":')).status).toBe(200);
  expect(stored).toEqual(['{"Records":']);
});

test('a body beyond the bound is refused and not kept', async () => {
  const url = await start(() => Promise.reject(new Error('must not be called')));
  const response = await post(url, ' '.repeat(1024 * 1024 + 1));
  expect([response.status, await response.json()]).toEqual([400, { reason: 'more than 1048576 bytes' }]);
});

test('tells its health, and only what it serves', async () => {
  let health: () => Promise<object> = () => Promise.resolve({ operations: 2 });
  const url = await start(
    () => Promise.resolve(0),
    () => health(),
  );
  const well = await fetch(new URL('/health', url));
  expect([well.status, await well.json()]).toEqual([200, { ok: true, operations: 2 }]);
  health = () => Promise.reject(new Error('the ledger is away'));
  const ill = await fetch(new URL('/health', url));
  expect([ill.status, await ill.json()]).toEqual([503, { ok: false, reason: 'the ledger is away' }]);
  expect((await fetch(url)).status).toBe(404);
  expect((await post(new URL('/other', url).href, '{}')).status).toBe(404);
});

test('two receivers share the port, so that one may be killed', async () => {
  const url = await start(() => Promise.resolve(1));
  const second = await startReceiver({
    url,
    handler: { store: () => Promise.resolve(1) },
    health: () => Promise.resolve({}),
  });
  await receiver?.close();
  receiver = second;
  expect((await post(url, '{}')).status).toBe(200);
});

test('a port that something else uses is said in plain words', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const handler = { store: () => Promise.resolve(0) };
  const health = () => Promise.resolve({});
  const refused = startReceiver({ url: `http://127.0.0.1:${port}/events`, handler, health });
  await expect(refused).rejects.toThrow(UserError);
  await expect(refused).rejects.toThrow(/cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/);
  await new Promise((resolve) => other.close(resolve));
});
