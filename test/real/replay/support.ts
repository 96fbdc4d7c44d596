import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../../scripts/contract/environment.ts';
import type { Pool } from '../../../scripts/ledger/database.ts';
import { appendOperations, type NewOperation } from '../../../scripts/ledger/operations.ts';
import { runReplay, type ReplayResult } from '../../../scripts/move/replay/worker.ts';

let sequence = 0;

/** An operation of the move `scratch` as capture would store it, later than all before. */
export function operation(key: string, overrides: Partial<NewOperation> = {}): NewOperation {
  sequence += 1;
  return {
    move: 'scratch',
    key,
    kind: 'put',
    eventName: 'ObjectCreated:Put',
    eventSource: 'ceph:s3',
    sequencer: sequence.toString(16).toUpperCase().padStart(16, '0'),
    principal: 'applications',
    ...overrides,
  };
}
export const deletion = (key: string, overrides: Partial<NewOperation> = {}): NewOperation =>
  operation(key, { kind: 'delete', eventName: 'ObjectRemoved:Delete', ...overrides });

/** Appends to the log and replays until nothing is open. */
export async function replay(
  environment: Environment,
  ledger: Pool,
  operations: NewOperation[],
): Promise<ReplayResult> {
  await appendOperations(ledger, operations);
  return runReplay(environment, { follow: false, concurrency: 4, stop: new AbortController().signal });
}

/** What became of a key's operations, in the order of their positions. */
export async function outcomesOf(ledger: Pool, key: string): Promise<(string | null)[]> {
  const { rows } = await ledger.query<{ outcome: string | null }>(
    'SELECT outcome FROM operation WHERE key = $1 ORDER BY position',
    [key],
  );
  return rows.map(({ outcome }) => outcome);
}

/** Asks until the answer is true; fails the test after `seconds`. */
export async function eventually(
  what: string,
  ask: () => Promise<boolean> | boolean,
  seconds = 30,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await sleep(20);
  }
}

export type Proxy = { url: string; close(): Promise<void> };
type Interceptor = (request: http.IncomingMessage, response: http.ServerResponse) => boolean;

/**
 * A proxy between a client and a store. `intercept` answers true where it has taken a request over, to
 * refuse it or to leave it hanging; the others pass unchanged.
 */
export async function startProxy(endpoint: string, intercept: Interceptor): Promise<Proxy> {
  const server = http.createServer((request, response) => {
    if (intercept(request, response)) return;
    const { hostname, port } = new URL(endpoint);
    const { method, url: path, headers } = request;
    const onward = http.request({ hostname, port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
