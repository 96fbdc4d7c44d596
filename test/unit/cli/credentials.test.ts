import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readCredentials } from '../../../scripts/store/identity/credentials.ts';
import { readSide } from '../../../scripts/cli/standalone/endpoint.ts';
import { storesOptions } from '../../support/stores-options.ts';

let folder: string;
let sts: Server;
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-credentials-'));
  const helper = path.join(folder, 'helper');
  const keys = { Version: 1, AccessKeyId: 'P', SecretAccessKey: 'Q', SessionToken: 'R' };
  await writeFile(helper, `#!/bin/sh\necho '${JSON.stringify(keys)}'\n`);
  await chmod(helper, 0o700);
  await writeFile(
    path.join(folder, 'credentials'),
    '[default]\naws_access_key_id = D\naws_secret_access_key = E\n\n[base]\naws_access_key_id = A\naws_secret_access_key = B\n',
  );
  await writeFile(
    path.join(folder, 'config'),
    `[default]\nregion = home\nendpoint_url = https://default.example.com\n\n` +
      `[profile helped]\ncredential_process = ${helper}\n\n` +
      `[profile role]\nrole_arn = arn:aws:iam::111122223333:role/copy\nsource_profile = base\nregion = eu-west-1\n\n` +
      `[profile sso-lookalike]\nregion = eu-west-1\n`,
  );
  // A stand-in for AWS' STS: it answers one call, and notes whose key signed it.
  sts = createServer((request, response) => {
    asked.push(request.headers.authorization ?? '');
    response.setHeader('content-type', 'text/xml');
    response.end(
      '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>' +
        '<AccessKeyId>T</AccessKeyId><SecretAccessKey>U</SecretAccessKey><SessionToken>V</SessionToken>' +
        `<Expiration>${new Date(Date.now() + 3600_000).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
  });
  await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  sts.closeAllConnections();
  await new Promise((resolve) => sts.close(resolve));
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(folder, 'credentials'));
  vi.stubEnv('AWS_CONFIG_FILE', path.join(folder, 'config'));
  vi.stubEnv('AWS_ENDPOINT_URL_STS', `http://127.0.0.1:${(sts.address() as AddressInfo).port}`);
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION']) {
    vi.stubEnv(name, undefined);
  }
  return () => vi.unstubAllEnvs();
});

const keysOf = (profile: string) =>
  readCredentials({ credentials: { kind: 'profile', profile } }, 'migration');

test('a profile gives its own keys, those of a process, or those of a role that another profile assumes', async () => {
  expect(await keysOf('base')).toEqual({ accessKeyId: 'A', secretAccessKey: 'B' });
  expect(await keysOf('helped')).toEqual({ accessKeyId: 'P', secretAccessKey: 'Q', sessionToken: 'R' });
  expect(await keysOf('role')).toEqual({ accessKeyId: 'T', secretAccessKey: 'U', sessionToken: 'V' });
  expect(asked).toEqual([expect.stringContaining('Credential=A/')]);
});

test('a profile that gives nothing is an error, and the default profile does not step in', async () => {
  await expect(keysOf('sso-lookalike')).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('The AWS profile "sso-lookalike" gives no credentials') as string,
  });
});

const endpointOf = async (options: Record<string, string>, variables: Record<string, string> = {}) =>
  (await readSide(storesOptions({ source: 's3://photos', ...options }), 'source', variables)).endpoint;

test('where no profile is named, the standing one says where its store is, after the variables', async () => {
  expect(await endpointOf({})).toMatchObject({ endpoint: 'https://default.example.com/', region: 'home' });
  expect(
    await endpointOf({}, { AWS_ENDPOINT_URL: 'https://any.example.com', AWS_REGION: 'x' }),
  ).toMatchObject({
    endpoint: 'https://any.example.com/',
    region: 'x',
  });
  // Of one that is named nothing else is mixed in.
  expect(await endpointOf({ 'source-profile': 'role' })).toMatchObject({
    endpoint: 'https://s3.eu-west-1.amazonaws.com',
  });
  const ignored = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_REGION: 'eu-north-1' };
  expect(await endpointOf({}, ignored)).toMatchObject({ endpoint: 'https://s3.eu-north-1.amazonaws.com' });
  await expect(endpointOf({}, { AWS_PROFILE: 'nobody' })).rejects.toThrow('Which region is s3://photos in?');
});
