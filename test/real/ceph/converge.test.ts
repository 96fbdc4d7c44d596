import path from 'node:path';
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClusterPlan } from '../../../infra/storage/ceph/plan/plan.ts';
import { startBareCeph, type BareCeph } from '../../support/bare-ceph.ts';
import { cephHosts, type CephHost, type CephHosts } from '../../support/ceph-host.ts';
import { FULL, planOf, ZONES } from '../../support/ceph-plan.ts';

/**
 * The step on the hosts, against a real cluster of Ceph 16: rules, pools, realm, users, buckets. Only what
 * cephadm itself would do (hosts, services) is noted by stand-ins.
 */

const OSDS = [
  ...ZONES.flatMap((zone) =>
    [0, 1].map((index) => ({ host: `cold-${zone}-${index}`, zone, deviceClass: 'cold' })),
  ),
  ...ZONES.map((zone) => ({ host: `hot-${zone}`, zone, deviceClass: 'hot' })),
];

let ceph: BareCeph;
let hosts: CephHosts;
let host: CephHost;
let plan: ClusterPlan;

beforeAll(async () => {
  ceph = await startBareCeph(OSDS);
  hosts = await cephHosts({ CEPH_CONF: ceph.configurationFile });
  const full = planOf({
    ...FULL,
    nodeGroups: [
      { name: 'monitor', roles: ['monitor', 'gateway'], instanceType: 'm7g.large', count: 3 },
      { name: 'hot', roles: ['hot'], instanceType: 'i3en.3xlarge', count: 3 },
      { name: 'cold', roles: ['cold'], instanceType: 'd3en.xlarge', count: 3 },
    ],
    objectsExpected: 2_000_000,
  });
  const image = (await ceph.ceph('config', 'get', 'mgr', 'container_image')).trim();
  plan = {
    ...full,
    images: { ...full.images, ceph: image },
    pools: full.pools.map((pool) => ({ ...pool, placementGroups: Math.min(pool.placementGroups, 4) })),
    endpoint: `http://127.0.0.1:${ceph.gatewayPort}`,
  };
  host = await hosts.host(plan.seed, 'i-0seed', plan);
});
afterAll(async () => {
  await ceph.stop();
  await hosts.remove();
});

async function run(step: string): Promise<string> {
  const { exitCode, all } = await host.step(step);
  expect(exitCode, all).toBe(0);
  return all;
}

describe('the first time', () => {
  test('the cluster is founded, hosts and services are applied, options are set', async () => {
    await run('found');
    await run('hosts');
    expect(await run('services')).toContain('9 of 9 OSDs are up');
    const applied = await host.applied();
    expect(applied.filter((one) => one['service_type'] === 'host').map((one) => one['hostname'])).toEqual(
      plan.hosts.map(({ name }) => name),
    );
    expect(await ceph.ceph('config', 'get', 'osd.0', 'osd_memory_target')).toBe('6845104128');
    // Younger than this cluster's release, so left out.
    expect(await ceph.ceph('config', 'dump')).not.toContain('may_reduce');
  });

  test('rules and pools are as planned', async () => {
    await run('pools');
    const pools = JSON.parse(await ceph.ceph('osd', 'pool', 'ls', 'detail', '--format', 'json')) as {
      pool_name: string;
      size: number;
      min_size: number;
      application_metadata: object;
    }[];
    expect(
      pools.map((pool) => [pool.pool_name, pool.size, pool.min_size, Object.keys(pool.application_metadata)]),
    ).toEqual(
      expect.arrayContaining([
        ['.rgw.root', 3, 2, ['rgw']],
        ['images.rgw.buckets.index', 3, 2, ['rgw']],
        ['images.rgw.buckets.non-ec', 3, 2, ['rgw']],
        ['images.rgw.buckets.data', 3, 2, ['rgw']],
        ['images.rgw.cold.data', 6, 4, ['rgw']],
      ]),
    );
    expect(pools.filter((pool) => pool.pool_name !== 'device_health_metrics')).toHaveLength(
      plan.pools.length,
    );
  });

  test('each chunk of the cold pool lies on another host, two in each zone', async () => {
    const groups = await vi.waitFor(
      async () => {
        const { pg_stats: found } = JSON.parse(
          await ceph.ceph('pg', 'ls-by-pool', 'images.rgw.cold.data', '--format', 'json'),
        ) as { pg_stats: { up: number[]; state: string }[] };
        expect(found.map(({ state }) => state)).toEqual(Array(4).fill('active+clean'));
        return found;
      },
      { timeout: 60_000, interval: 500 },
    );
    for (const { up } of groups) {
      expect(new Set(up.map((id) => OSDS[id]?.host)).size).toBe(6);
      const zones = up.map((id) => OSDS[id]?.zone);
      for (const zone of ZONES) expect(zones.filter((each) => each === zone)).toHaveLength(2);
      expect(up.every((id) => OSDS[id]?.deviceClass === 'cold')).toBe(true);
    }
  });

  test('with any zone gone, every group of every pool has the members that writing needs', async () => {
    const file = path.join(path.dirname(ceph.configurationFile), 'osdmap');
    await ceph.ceph('osd', 'getmap', '-o', file);
    const pools = JSON.parse(await ceph.ceph('osd', 'pool', 'ls', 'detail', '--format', 'json')) as {
      pool_id: number;
      pool_name: string;
      min_size: number;
    }[];
    for (const zone of ZONES) {
      const gone = OSDS.flatMap((osd, id) => (osd.zone === zone ? ['--mark-out', String(id)] : []));
      for (const pool of pools.filter(({ pool_name }) => pool_name !== 'device_health_metrics')) {
        const { stdout } = await execa('osdmaptool', [
          file,
          ...gone,
          '--test-map-pgs-dump',
          '--pool',
          String(pool.pool_id),
        ]);
        const groups = [...stdout.matchAll(/^\d+\.[0-9a-f]+\t\[([\d,]*)\]/gm)].map(([, list = '']) =>
          // A place for which there is nobody is shown as the largest number.
          list.split(',').filter((osd) => osd !== '' && Number(osd) < OSDS.length),
        );
        expect(groups.length, pool.pool_name).toBeGreaterThan(0);
        for (const osds of groups) expect(osds.length, pool.pool_name).toBeGreaterThanOrEqual(pool.min_size);
      }
    }
  });

  test('the realm is committed before its gateway is asked for', async () => {
    const step = host.step('gateway');
    await vi.waitFor(
      async () => expect((await host.applied()).at(-1)).toMatchObject({ service_type: 'rgw' }),
      { timeout: 60_000, interval: 200 },
    );
    await ceph.startGateway({ realm: 'storage', zonegroup: 'images', zone: 'images' });
    const { exitCode, all } = await step;
    expect(exitCode, all).toBe(0);
    expect(all).toContain('storage class STANDARD_IA');
    expect(all.match(/period committed/g)).toHaveLength(1);
  });

  test('users have the keys that Secrets Manager holds; buckets their index, policy and lifecycle', async () => {
    const text = await run('users');
    for (const user of plan.users) {
      const secret = await hosts.aws.read('secret', `storage-prod/ceph/images/${user.name}`);
      const { accessKeyId, secretAccessKey } = JSON.parse(secret) as Record<string, string>;
      expect(accessKeyId).toMatch(/^[0-9A-F]{20}$/);
      expect(await radosgwAdmin('user', 'info', '--uid', user.name)).toMatchObject({
        keys: [{ access_key: accessKeyId, secret_key: secretAccessKey }],
      });
      expect(text).not.toContain(secretAccessKey);
    }
    expect(await radosgwAdmin('bucket', 'stats', '--bucket', 'food-images')).toMatchObject({
      owner: 'applications',
      num_shards: 23,
      placement_rule: 'default-placement',
    });
    const anonymous = await fetch(`${plan.endpoint}/food-images/no-such-key`);
    expect(anonymous.status).toBe(404);
    expect(await radosgwAdmin('lc', 'list')).toMatchObject([
      { bucket: expect.stringMatching(/^:food-images:/) as string },
    ]);
  });

  test('objects go to the cold pool by the class that SDKs know', async () => {
    const s3 = await applications();
    try {
      await s3.send(
        new PutObjectCommand({ Bucket: 'food-images', Key: 'a', Body: 'cold', StorageClass: 'STANDARD_IA' }),
      );
      const lifecycle = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'food-images' }));
      expect(lifecycle.Rules).toMatchObject([
        {
          ID: 'storage-to-cold',
          Status: 'Enabled',
          Transitions: [{ Days: 30, StorageClass: 'STANDARD_IA' }],
        },
      ]);
    } finally {
      s3.destroy();
    }
    const { stdout } = await execa('rados', [
      '-c',
      ceph.configurationFile,
      '-p',
      'images.rgw.cold.data',
      'ls',
    ]);
    // RGW keeps an object's head where heads are, and its bytes in the class.
    expect(stdout).toMatch(/__shadow_/);
  });
});

describe('every time after', () => {
  test('a second run changes nothing', async () => {
    const before = await ceph.ceph('osd', 'dump', '--format', 'json').then(epoch);
    const period = await radosgwAdmin('period', 'get', '--rgw-realm', 'storage');
    for (const step of ['found', 'hosts', 'services', 'pools', 'gateway', 'users']) {
      const text = await run(step);
      expect(text, step).not.toMatch(/pool |rule|period|user |bucket|policy|=|made|added|module/);
    }
    expect(await ceph.ceph('osd', 'dump', '--format', 'json').then(epoch)).toBe(before);
    expect(await radosgwAdmin('period', 'get', '--rgw-realm', 'storage')).toEqual(period);
  });

  test('a user that a hold suspended stays so; a policy that a later step changed stays, too', async () => {
    await radosgwAdmin('user', 'suspend', '--uid', 'migration-sync');
    const s3 = await applications();
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Later',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:PutObject',
          Resource: 'arn:aws:s3:::food-images/x',
        },
      ],
    });
    await s3.send(new PutBucketPolicyCommand({ Bucket: 'food-images', Policy: policy }));
    await run('users');
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: 'food-images' }));
    s3.destroy();
    expect(JSON.parse(Policy ?? '')).toMatchObject({ Statement: [{ Sid: 'Later' }] });
    expect(await radosgwAdmin('user', 'info', '--uid', 'migration-sync')).toMatchObject({ suspended: 1 });
    await radosgwAdmin('user', 'enable', '--uid', 'migration-sync');
  });

  test('a pool is given more placement groups and never fewer', async () => {
    const grown = {
      ...plan,
      pools: plan.pools.map((pool) => more(pool, pool.name.endsWith('data') ? 2 : 0.5)),
    };
    const next = await hosts.host(plan.seed, 'i-0seed', grown);
    const { exitCode, all } = await next.step('pools');
    expect(exitCode, all).toBe(0);
    expect(all.split('\n').filter((line) => line !== '')).toEqual([
      'pool images.rgw.buckets.data: pg_num = 8',
      'pool images.rgw.cold.data: pg_num = 8',
    ]);
  });

  test('CloudWatch gets what the cluster says', async () => {
    const { stdout } = await execa(
      '/usr/bin/python3',
      ['scripts/ceph-hosts/host/figures.py', 'images', 'storage-events'],
      { env: { CEPH_CONF: ceph.configurationFile, PYTHONDONTWRITEBYTECODE: '1' } },
    );
    const dimensions = [{ Name: 'Cluster', Value: 'images' }];
    const figures = JSON.parse(stdout) as { MetricName: string; Value: number }[];
    expect(figures).toMatchObject(
      ['HealthStatus', 'OsdsDown', 'FullestOsdPercent', 'InactiveGroups'].map((MetricName) => ({
        MetricName,
        Dimensions: dimensions,
      })),
    );
    expect(figures.find(({ MetricName }) => MetricName === 'OsdsDown')?.Value).toBe(0);
  });

  test.each([
    [
      'another erasure code',
      { profile: { name: 'cold', dataChunks: 5, codingChunks: 4 } },
      /3\+3 and cannot be changed to 5\+4/,
    ],
    [
      'another rule',
      {
        rules: [
          {
            name: 'erasure-cold',
            type: 'erasure' as const,
            steps: ['take default class hot', 'chooseleaf indep 0 type host', 'emit'],
          },
        ],
      },
      /erasure-cold says .* and should say .* Changing it moves the data/,
    ],
  ])('%s is refused', async (_, change, says) => {
    const other = await hosts.host(plan.seed, 'i-0seed', { ...plan, ...change });
    const { exitCode, all } = await other.step('pools');
    expect(all).toMatch(says);
    expect(exitCode).toBe(1);
  });

  test('a node that was replaced under its name is not taken for the old one', async () => {
    const moved = { ...plan, hostSpec: plan.hostSpec.replace('10.20.192.10', '10.20.192.99') };
    const other = await hosts.host(plan.seed, 'i-0seed', moved);
    const { exitCode, all } = await other.step('hosts');
    expect(all).toMatch(
      /monitor-0 is known at 10\.20\.192\.10 and is now at 10\.20\.192\.99: it was replaced/,
    );
    expect(exitCode).toBe(1);
  });

  test('another image starts going over to it, once', async () => {
    const newer = await hosts.host(plan.seed, 'i-0seed', {
      ...plan,
      images: { ceph: 'registry/ceph@sha256:11' },
    });
    const { exitCode, all } = await newer.step('services');
    expect(exitCode, all).toBe(0);
    expect((await newer.orders()).filter((order) => order[1] === 'upgrade')).toEqual([
      ['orch', 'upgrade', 'start', '--image', 'registry/ceph@sha256:11'],
    ]);
  });
});

function more(pool: ClusterPlan['pools'][number], times: number) {
  return { ...pool, placementGroups: pool.placementGroups * times };
}

function epoch(text: string): number {
  return (JSON.parse(text) as { epoch: number }).epoch;
}

async function radosgwAdmin(...words: string[]): Promise<unknown> {
  const { stdout } = await execa('radosgw-admin', ['-c', ceph.configurationFile, ...words]);
  return JSON.parse(stdout) as unknown;
}

async function applications(): Promise<S3Client> {
  const secret = await hosts.aws.read('secret', 'storage-prod/ceph/images/applications');
  return new S3Client({
    endpoint: plan.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: JSON.parse(secret) as { accessKeyId: string; secretAccessKey: string },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
