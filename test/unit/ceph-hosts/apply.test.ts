import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyCluster } from '../../../scripts/ceph-hosts/apply.ts';
import { forgetCluster } from '../../../scripts/ceph-hosts/forget.ts';
import { fillCache } from '../../../scripts/ceph-hosts/fill-cache.ts';
import type { StepRequest } from '../../../scripts/ceph-hosts/request.ts';

/** Systems Manager's answers take the place of the hosts; the SDK and the way to it are real. */

type Part = { Name: string; Status: string; ResponseCode?: number; Output?: string; StatusDetails?: string };
type Call = { target: string; body: Record<string, unknown> };

const request: StepRequest = {
  region: 'us-east-1',
  document: 'storage-step',
  version: '7',
  monitors: [
    { name: 'monitor-0', instanceId: 'i-0aaa' },
    { name: 'monitor-1', instanceId: 'i-0bbb' },
  ],
  images: [],
  architectures: ['amd64'],
  plan: { cluster: 'images', aws: { parameters: '/storage/prod/ceph/images' }, pools: ['a'] },
};
const PACE = { look: 5, appear: 60 };

let server: Server;
let client: SSMClient;
let calls: Call[];
/** By instance, what successive looks show; the last one stays. */
let looks: Record<string, { status: string; parts: Part[] }[]>;
let online: string[];

beforeEach(async () => {
  calls = [];
  online = ['i-0aaa', 'i-0bbb'];
  server = createServer((asked, answer) => {
    void text(asked).then((body) => {
      const target = String(asked.headers['x-amz-target']).split('.')[1] ?? '';
      const call = { target, body: JSON.parse(body) as Record<string, unknown> };
      calls.push(call);
      answer.setHeader('content-type', 'application/x-amz-json-1.1');
      answer.end(JSON.stringify(answers(call)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new SSMClient({
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'A', secretAccessKey: 'B' },
  });
});
afterEach(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function answers({ target, body }: Call): unknown {
  switch (target) {
    case 'DescribeInstanceInformation': {
      const [filter] = body['Filters'] as { Values: string[] }[];
      const known = online.filter((id) => filter?.Values.includes(id));
      return { InstanceInformationList: known.map((InstanceId) => ({ InstanceId, PingStatus: 'Online' })) };
    }
    case 'SendCommand':
      return {
        Command: {
          CommandId: `00000000-0000-0000-0000-00000000${(body['InstanceIds'] as string[])[0]?.slice(2) ?? ''}`,
        },
      };
    case 'ListCommandInvocations': {
      const id = `i-${String(body['CommandId']).slice(-4)}`;
      const shown = looks[id] ?? [];
      const now = shown.length > 1 ? shown.shift() : shown[0];
      return { CommandInvocations: [{ InstanceId: id, Status: now?.status, CommandPlugins: now?.parts }] };
    }
    case 'GetCommandInvocation':
      return { StandardOutputContent: 'pool a', StandardErrorContent: 'The erasure code cannot be changed' };
    default:
      return {};
  }
}

const of = (target: string) => calls.filter((call) => call.target === target).map(({ body }) => body);

describe('the step', () => {
  test('goes to the first monitor with the plan, and each part is reported as it ends', async () => {
    looks = {
      'i-0aaa': [
        {
          status: 'InProgress',
          parts: [
            { Name: 'write', Status: 'Success' },
            { Name: 'found', Status: 'InProgress' },
          ],
        },
        {
          status: 'Success',
          parts: [
            { Name: 'write', Status: 'Success' },
            { Name: 'found', Status: 'Success', Output: 'founding the cluster x\ncluster x\n' },
          ],
        },
      ],
    };
    const said: string[] = [];
    await applyCluster(request, client, (line) => said.push(line), PACE);
    expect(said).toEqual([
      'images: on monitor-0',
      'images: write',
      'images: found: founding the cluster x',
      'images: found: cluster x',
    ]);
    const [sent] = of('SendCommand');
    expect(sent).toMatchObject({
      DocumentName: 'storage-step',
      DocumentVersion: '7',
      InstanceIds: ['i-0aaa'],
    });
    const [plan = ''] = (sent?.['Parameters'] as { plan: string[] }).plan;
    expect(plan).toMatch(/^[A-Za-z0-9+/=]+$/);
    expect(JSON.parse(gunzipSync(Buffer.from(plan, 'base64')).toString())).toEqual(request.plan);
  });

  test('is passed on where a monitor is no member of the cluster', async () => {
    looks = {
      'i-0aaa': [{ status: 'Failed', parts: [{ Name: 'found', Status: 'Failed', ResponseCode: 75 }] }],
      'i-0bbb': [{ status: 'Success', parts: [] }],
    };
    await applyCluster(request, client, () => undefined, PACE);
    expect(of('SendCommand').map((body) => body['InstanceIds'])).toEqual([['i-0aaa'], ['i-0bbb']]);
  });

  test('fails with all that the part said, and asks nobody else', async () => {
    looks = {
      'i-0aaa': [
        {
          status: 'Failed',
          parts: [
            { Name: 'found', Status: 'Success' },
            { Name: 'pools', Status: 'Failed', ResponseCode: 1, StatusDetails: 'Failed' },
            { Name: 'gateway', Status: 'Pending' },
          ],
        },
      ],
    };
    await expect(applyCluster(request, client, () => undefined, PACE)).rejects.toMatchObject({
      exitCode: 3,
      message: 'The part "pools" failed on monitor-0 (Failed):\npool a\nThe erasure code cannot be changed',
    });
    expect(of('SendCommand')).toHaveLength(1);
  });

  test('says whom it asked when none can carry it out', async () => {
    online = ['i-0bbb'];
    looks = {
      'i-0bbb': [{ status: 'Failed', parts: [{ Name: 'found', Status: 'Failed', ResponseCode: 75 }] }],
    };
    await expect(applyCluster(request, client, () => undefined, PACE)).rejects.toThrow(
      /No monitor of the Ceph cluster images.*\nmonitor-0 \(i-0aaa\) is not known to Systems Manager\nmonitor-1 \(i-0bbb\): /,
    );
  });
});

test('what is forgotten is the record and the key, nothing else', async () => {
  await forgetCluster(request, client);
  expect(calls).toEqual([
    { target: 'DeleteParameter', body: { Name: '/storage/prod/ceph/images/fsid' } },
    { target: 'DeleteParameter', body: { Name: '/storage/prod/ceph/images/ssh-public-key' } },
  ]);
});

describe('the cache of images', () => {
  let registry: Server;
  let host: string;
  let asked: string[];
  beforeEach(async () => {
    asked = [];
    registry = createServer((from, answer) => {
      asked.push(`${from.method ?? ''} ${from.url ?? ''} ${from.headers.authorization ?? ''}`);
      if (from.url?.includes('/gone/')) answer.writeHead(404).end('no such image');
      else if (from.url?.endsWith('sha256:aa'))
        answer.end(
          JSON.stringify({
            manifests: [
              { digest: 'sha256:a1', platform: { architecture: 'amd64' } },
              { digest: 'sha256:b1', platform: { architecture: 'arm64' } },
            ],
          }),
        );
      else if (from.method === 'HEAD') answer.writeHead(307, { location: 'http://elsewhere.invalid/' }).end();
      else answer.end(JSON.stringify({ config: { digest: 'sha256:c1' }, layers: [{ digest: 'sha256:d1' }] }));
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => registry.close(resolve)));
  const access = { authorization: () => Promise.resolve('Basic token'), protocol: 'http' as const };

  test('is asked for each part that the nodes will pull, and for no bytes', async () => {
    await fillCache([`${host}/prod-quay/ceph/ceph@sha256:aa`], ['amd64'], access);
    expect(asked).toEqual([
      'GET /v2/prod-quay/ceph/ceph/manifests/sha256:aa Basic token',
      'GET /v2/prod-quay/ceph/ceph/manifests/sha256:a1 Basic token',
      'HEAD /v2/prod-quay/ceph/ceph/blobs/sha256:c1 Basic token',
      'HEAD /v2/prod-quay/ceph/ceph/blobs/sha256:d1 Basic token',
    ]);
  });

  test('that refuses is a reason to stop', async () => {
    await expect(fillCache([`${host}/gone/x:v1`], ['amd64'], access)).rejects.toThrow(
      /gone\/x:v1 does not come into the account's cache: 404 no such image/,
    );
  });
});
