import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { writeFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { environmentOf } from '../../../scripts/cli/command-line.ts';
import { assertStores } from '../../../scripts/cli/standalone/reach.ts';
import { trustedAuthorities } from '../../../scripts/store/identity/authorities.ts';
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
  for (const name of ['AWS_CA_BUNDLE', 'STORAGE_AWS_CA_BUNDLE']) vi.stubEnv(name, undefined);
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
    message: expect.stringContaining(
      'name the PEM file of its authority in AWS_CA_BUNDLE, or as ca_bundle in ~/.aws/config',
    ) as string,
  });
});

/** A store that has every bucket, behind a certificate that only the test's authority knows. */
const secured = () =>
  listen(
    https.createServer(certificate, (_, response) =>
      response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'),
    ),
  );

test.each(['AWS_CA_BUNDLE', 'STORAGE_AWS_CA_BUNDLE'])('%s names an authority to trust', async (name) => {
  vi.stubEnv(name, authority.file);
  // The source is reached; the target is what nothing answers for.
  expect(await refusal(`https://${await secured()}`)).toMatchObject({
    message: expect.stringContaining('The target http://127.0.0.1:9/ does not answer') as string,
  });
});

test('ca_bundle of the profile names an authority to trust', async () => {
  const config = `${authority.file}.config`;
  await writeFile(config, `[default]\nca_bundle = ${authority.file}\n`);
  vi.stubEnv('AWS_CONFIG_FILE', config);
  expect(await refusal(`https://${await secured()}`)).toMatchObject({
    message: expect.stringContaining('The target http://127.0.0.1:9/ does not answer') as string,
  });
});

test('a bundle that is missing, or is none, is said by its name', async () => {
  vi.stubEnv('AWS_CA_BUNDLE', '/none.pem');
  expect(await refusal(`https://${await secured()}`)).toMatchObject({
    exitCode: 2,
    message:
      "The bundle of certificates /none.pem, of AWS_CA_BUNDLE or ca_bundle, cannot be read: ENOENT: no such file or directory, open '/none.pem'",
  });
});

test('a local store of a stack hears nothing of a bundle that is for others', async () => {
  const stores = { credentials: { kind: 'ambient' as const } };
  const variables = { AWS_CA_BUNDLE: '/none.pem' };
  for (const endpoint of [
    'https://localhost:1',
    'https://127.0.0.1:1',
    'https://[::1]:1',
    'http://a.example',
  ]) {
    expect(await trustedAuthorities({ ...stores, endpoint }, variables)).toBeUndefined();
  }
  await expect(trustedAuthorities({ ...stores, endpoint: 'https://a.example' }, variables)).rejects.toThrow(
    'The bundle of certificates /none.pem',
  );
});

test('a host that nobody knows is exit code 3, and no bug', async () => {
  expect(await refusal('http://no-such-host.invalid')).toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('no such host is known here') as string,
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
