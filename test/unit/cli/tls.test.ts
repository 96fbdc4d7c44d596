import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { environmentOf } from '../../../scripts/cli/command-line.ts';
import { assertStores } from '../../../scripts/cli/standalone/reach.ts';
import { Authority, type Certificate } from '../../support/certificates.ts';
import { storesOptions } from '../../support/stores-options.ts';

let authority: Authority;
let certificate: Certificate;
beforeAll(async () => {
  authority = await Authority.make();
  certificate = await authority.sign('localhost');
}, 60_000);
afterAll(() => authority.remove());

const open: net.Server[] = [];
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'b');
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of open.splice(0)) server.close();
});

async function listen(server: net.Server): Promise<string> {
  open.push(server.listen(0, 'localhost'));
  await once(server, 'listening');
  return `localhost:${(server.address() as AddressInfo).port}`;
}

/** What a command says of a source at this URL. */
async function refusal(source: string): Promise<unknown> {
  const options = storesOptions({
    ...{ source: 's3://photos', 'source-endpoint': source },
    ...{ target: 's3://copy', 'target-endpoint': 'http://127.0.0.1:9' },
  });
  return assertStores(await environmentOf(options)).catch((error: unknown) => error);
}

test('plain HTTP to a port that speaks TLS: use https://', async () => {
  const place = await listen(https.createServer(certificate));
  expect(await refusal(`http://${place}`)).toMatchObject({
    exitCode: 2,
    message: `http://${place}/ speaks TLS, not plain HTTP. Give --source-endpoint https://${place}/`,
  });
});

test('TLS to a port that speaks plain HTTP: use http://', async () => {
  const place = await listen(http.createServer());
  expect(await refusal(`https://${place}`)).toMatchObject({
    exitCode: 2,
    message: `https://${place}/ speaks plain HTTP, not TLS. Give --source-endpoint http://${place}/`,
  });
});

test('a certificate of an unknown authority is exit code 3, with the variable that names it', async () => {
  const place = await listen(https.createServer(certificate));
  expect(await refusal(`https://${place}`)).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('name the file of its authority in NODE_EXTRA_CA_CERTS') as string,
  });
});

test('what is no HTTP at all is exit code 3', async () => {
  const place = await listen(
    net.createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n', () => socket.destroy())),
  );
  expect(await refusal(`http://${place}`)).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('what answers there is no HTTP') as string,
  });
});
