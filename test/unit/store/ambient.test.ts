import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** As the agent of EKS Pod Identity answers: keys of a role that end. */
let agent: Server;
let asked: number;
let lifeSeconds: number;

beforeEach(async () => {
  vi.resetModules();
  asked = 0;
  lifeSeconds = 3600;
  agent = createServer((_request, response) => {
    asked += 1;
    const number = asked;
    // A second request at the same time finds it still on its way.
    setTimeout(
      () =>
        response.setHeader('content-type', 'application/json').end(
          JSON.stringify({
            AccessKeyId: `AK${number}`,
            SecretAccessKey: `secret ${number}`,
            Token: `token ${number}`,
            Expiration: new Date(Date.now() + lifeSeconds * 1000).toISOString(),
          }),
        ),
      20,
    );
  });
  agent.listen(0, '127.0.0.1');
  await once(agent, 'listening');
  const { port } = agent.address() as AddressInfo;
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `http://127.0.0.1:${port}/v1/credentials`);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'a pod');
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('AWS_CONFIG_FILE', '/none');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/none');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  agent.closeAllConnections();
  agent.close();
  await once(agent, 'close');
});

describe('the credentials that a process was given on AWS', () => {
  it('are asked for once, however many need them at once, and kept', async () => {
    const { ambientCredentials } = await import('../../../scripts/store/identity/ambient.ts');
    const all = await Promise.all(Array.from({ length: 50 }, () => ambientCredentials()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(['AK1']));
    expect(all[0]).toEqual({ accessKeyId: 'AK1', secretAccessKey: 'secret 1', sessionToken: 'token 1' });
    await ambientCredentials();
    expect(asked).toBe(1);
  });

  it('are fetched again before they end, while the old ones still serve', async () => {
    lifeSeconds = 240; // less than the five minutes ahead at which they are renewed
    const { ambientCredentials } = await import('../../../scripts/store/identity/ambient.ts');
    expect((await ambientCredentials()).accessKeyId).toBe('AK1');
    expect((await ambientCredentials()).accessKeyId).toBe('AK1');
    await vi.waitFor(async () => expect((await ambientCredentials()).accessKeyId).not.toBe('AK1'));
  });

  it('that are not there are named with what to do', async () => {
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    const { ambientCredentials } = await import('../../../scripts/store/identity/ambient.ts');
    await expect(ambientCredentials()).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('a pod needs a pod identity, a function a role') as string,
    });
  });
});

describe('tokens made of them', () => {
  it('for a cluster: a request to STS that names the cluster, as aws-iam-authenticator reads it', async () => {
    const { eksToken } = await import('../../../scripts/platform/kubernetes/eks-token.ts');
    const token = await eksToken({ name: 'storage-prod', region: 'eu-west-1' });
    const [prefix, encoded = ''] = token.split('.');
    expect(prefix).toBe('k8s-aws-v1');
    expect(encoded).not.toMatch(/[=+/]/);
    const url = new URL(Buffer.from(encoded, 'base64url').toString());
    expect(url.origin).toBe('https://sts.eu-west-1.amazonaws.com');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
      'X-Amz-Security-Token': 'token 1',
    });
    expect(await eksToken({ name: 'storage-prod', region: 'eu-west-1' })).toBe(token);
    expect(await eksToken({ name: 'storage-dev', region: 'eu-west-1' })).not.toBe(token);
  });

  it('for a database: no scheme, the user, 15 minutes', async () => {
    const { iamToken } = await import('../../../scripts/ledger/iam-token.ts');
    const address = { host: 'db.example', port: 5432, user: 'storage_move', region: 'us-east-1' };
    const [token = ''] = await Promise.all(Array.from({ length: 20 }, () => iamToken(address)));
    await iamToken(address);
    expect(asked, 'credentials are asked for once').toBe(1);
    const url = new URL(`https://${token}`);
    expect(url.host).toBe('db.example:5432');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      Action: 'connect',
      DBUser: 'storage_move',
      'X-Amz-Expires': '900',
    });
  });
});
