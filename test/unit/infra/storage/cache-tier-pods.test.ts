import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { cacheTierConf } from '../../../../infra/nginx/cache-tier.ts';
import { originConf } from '../../../../scripts/contract/nginx-origin.ts';
import { cacheTierScript } from '../../../../infra/nginx/script.ts';
import { upstreamsConf } from '../../../../scripts/contract/nginx-upstreams.ts';
import { cacheRoom, podConf } from '../../../../infra/storage/cache-tier/configuration.ts';
import { EDGE_KEEP_ALIVE_SECONDS, idleSeconds } from '../../../../infra/storage/cache-tier/idle-seconds.ts';
import { statefulSetSpec } from '../../../../infra/storage/cache-tier/objects.ts';
import { recordParts } from '../../../support/kubernetes-parts.ts';
import { settingsIn } from '../../../support/cache-tier-pod.ts';

it('Nginx takes the pods’ configuration, and needs no root for it', async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), 'pod-conf-'));
  try {
    for (const folder of ['etc', 'run', 'cache/temporary'])
      await mkdir(path.join(home, folder), { recursive: true });
    const settings = settingsIn(home, '/etc/ssl/certs/ca-certificates.crt', {
      listen: '127.0.0.1:17397',
      dropListen: '127.0.0.1:17396',
    });
    const files: Record<string, string> = {
      'etc/cache-tier.js': cacheTierScript(),
      'run/nginx.conf': cacheTierConf(settings),
      'run/origin.conf': originConf({ order: 's3', epoch: 1n }),
      'run/upstreams.conf': upstreamsConf({
        ceph: ['10.0.0.1:443'],
        s3: ['52.0.0.1:443'],
        pending: ['10.1.0.1:7401'],
      }),
    };
    for (const [file, text] of Object.entries(files)) await writeFile(path.join(home, file), text);
    execFileSync('chown', ['-R', 'www-data', home]);
    const uid = Number(execFileSync('id', ['-u', 'www-data'], { encoding: 'utf8' }));
    const words = ['-t', '-q', '-e', 'stderr', '-c', path.join(home, 'run/nginx.conf')];
    const { stderr, exitCode } = await execa('/usr/sbin/nginx', words, { uid, gid: uid, reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
  } finally {
    await rm(home, { recursive: true });
  }
});

it.each([
  [10, 75],
  [60, 75],
  [300, 315],
])(
  'with requests of %i s Nginx keeps idle connections %i s, longer than the load balancer',
  (requestSeconds, seconds) => {
    const text = podConf({
      room: { maxMegabytes: 1000, keysMegabytes: 16 },
      cephHost: 'rgw-images.objects.food.example',
      region: 'us-east-1',
      bucketDomains: [],
      maxStaleSeconds: 10,
      requestSeconds,
    });
    expect(/^ *keepalive_timeout (.+);$/m.exec(text)?.[1]).toBe(`${seconds}s`);
    expect(seconds).toBeGreaterThan(idleSeconds(requestSeconds));
    expect(idleSeconds(requestSeconds)).toBeGreaterThan(EDGE_KEEP_ALIVE_SECONDS);
  },
);

it('an upstream that is nowhere is said before Nginx refuses it', () => {
  expect(() => upstreamsConf({ ceph: [], s3: ['52.0.0.1:443'], pending: ['10.1.0.1:7401'] })).toThrow(
    'the upstream ceph_read has no server',
  );
});

it('the cache takes four fifths of the local NVMe, and the memory that its keys need', () => {
  const disk = (gigabytes: number, count = 1) => ({
    disks: [{ count, gigabytes, kind: 'nvme' as const, model: '' }],
  });
  expect(cacheRoom('i4i.large', disk(468))).toEqual({ maxMegabytes: 357_055, keysMegabytes: 141 });
  expect(cacheRoom('i3en.2xlarge', disk(2500, 2))).toEqual({ maxMegabytes: 3_814_697, keysMegabytes: 1502 });
  expect(() => cacheRoom('m7i.large', { disks: [] })).toThrow(
    '"m7i.large" has no local NVMe to cache on; choose one that has, for example i4i.large',
  );
});

it('a pod that leaves has time for the load balancer, for the longest request and a little more', () => {
  const { template } = statefulSetSpec({
    image: 'i',
    replicas: 3,
    node: { vcpus: 2, memoryGiB: 16 },
    requestSeconds: 60,
  });
  expect(template).toMatchObject({ spec: { terminationGracePeriodSeconds: 90 } });
});

it('its nodes have NVMe as one volume, a group of their own that only the load balancer reaches, and no other pods', async () => {
  const { all, value, find } = await recordParts();
  const template = all('aws:ec2/launchTemplate:LaunchTemplate')['cache-tier-nodes-template'];
  expect(Buffer.from(String(template?.['userData']), 'base64').toString()).toContain('strategy: RAID0');
  expect(template?.['vpcSecurityGroupIds']).toEqual([
    'kubernetes-traffic-nodes-id',
    'cache-tier-nodes-group-id',
  ]);
  expect(find('aws:eks/nodeGroup:NodeGroup', 'cache-tier-nodes-nodes').inputs).toMatchObject({
    amiType: 'AL2023_x86_64_STANDARD',
    capacityType: 'ON_DEMAND',
    scalingConfig: { minSize: 3, maxSize: 9, desiredSize: 3 },
    labels: { role: 'cache' },
    taints: [{ key: 'storage/cache', value: 'true', effect: 'NO_SCHEDULE' }],
  });
  expect(value.cacheTier.turn).toEqual({
    kind: 'pods',
    namespace: 'storage',
    selector: 'app=cache-tier',
    port: 8082,
  });
});

it('how many pods there are is the autoscaler’s, not the update’s', async () => {
  const { find } = await recordParts();
  const set = find('kubernetes:apps/v1:StatefulSet', 'cache-tier-stateful-set');
  expect(set.options.ignoreChanges).toEqual(['spec.replicas']);
  expect(
    find('kubernetes:autoscaling/v2:HorizontalPodAutoscaler', 'cache-tier-autoscaler').inputs['spec'],
  ).toMatchObject({
    minReplicas: 3,
    maxReplicas: 9,
  });
});

it('an instance type without NVMe is refused before any node', async () => {
  await expect(
    recordParts({ cacheNodes: { instanceType: 'm7i.large', minimum: 3, maximum: 9 } }),
  ).rejects.toMatchObject({
    propertyPath: 'nodes.instanceType',
    reason: '"m7i.large" has no local NVMe to cache on; choose one that has, for example i4i.large',
  });
});
