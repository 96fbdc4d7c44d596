import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../../infra/config.ts';
import { EBS_MODEL, INSTANCE_TYPES } from '../../../../../infra/aws/instance-types.ts';
import type { ClusterPlan } from '../../../../../infra/storage/ceph/plan/plan.ts';
import {
  gatewayDocument,
  NEWER_FIELDS,
  serviceDocuments,
} from '../../../../../infra/storage/ceph/plan/service-spec.ts';
import type { AwsSettings, CephSettings } from '../../../../../infra/settings/aws.ts';
import { FULL, hostsOf, planOf } from '../../../../support/ceph-plan.ts';
import { ensureTestPackages } from '../../../../support/packages.ts';
import { stackFile } from '../../../../support/stack-file.ts';

/** Installing takes minutes, once. */
beforeAll(ensureTestPackages, 600_000);

const PARSER = path.resolve(import.meta.dirname, '../../../../support/ceph-spec.py');

type Disk = { path: string; available: boolean; sys_api: object };
type Read = {
  hosts: string[];
  services: Record<string, string[]>;
  disks: Record<string, string[]>;
};

function settingsOf(stack: 'dev' | 'prod'): AwsSettings {
  const settings = parseSettings('storage', stackFile(stack));
  if (settings.environment === 'local') throw new Error(`${stack} is local`);
  return settings;
}

function documentsOf(plan: ClusterPlan): unknown[] {
  return [plan.hostSpec, plan.serviceSpec, plan.gatewaySpec]
    .flatMap((text) => text.split('---\n'))
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as unknown);
}

async function readByCephadm(
  documents: unknown[],
  disks: Record<string, Disk[]> = {},
  fields: readonly { service: string; field: string }[] = NEWER_FIELDS,
): Promise<Read> {
  const newer = Object.groupBy(fields, ({ service }) => service);
  const input = JSON.stringify({
    documents,
    disks,
    newer: Object.fromEntries(
      Object.entries(newer).map(([service, list]) => [service, list?.map(({ field }) => field)]),
    ),
  });
  const { stdout } = await execa('/usr/bin/python3', [PARSER], { input });
  return JSON.parse(stdout) as Read;
}

/** What ceph-volume says of an instance's disks: it divides by 1,024 and calls the result GB and TB. */
function disksOf(type: string): Disk[] {
  const disk = (index: number, model: string, gigabytes: number): Disk => {
    const gibibytes = (gigabytes * 1e9) / 2 ** 30;
    const size = gibibytes < 1024 ? `${gibibytes.toFixed(2)} GB` : `${(gibibytes / 1024).toFixed(2)} TB`;
    return {
      path: `/dev/nvme${index}n1`,
      available: true,
      sys_api: { human_readable_size: size, size: gigabytes * 1e9, model, rotational: '0', vendor: '' },
    };
  };
  // The root volume as if it were free: only its model keeps it from being taken.
  const local = INSTANCE_TYPES[type]?.disks.flatMap(({ count, model, gigabytes }) =>
    Array.from({ length: count }, () => ({ model, gigabytes })),
  );
  return [
    disk(0, EBS_MODEL, 60),
    ...(local ?? []).map(({ model, gigabytes }, index) => disk(index + 1, model, gigabytes)),
  ];
}

async function disksTaken(settings: CephSettings): Promise<Read> {
  const hosts = hostsOf(settings);
  const types = new Map(settings.nodeGroups.map((group) => [group.name, group.instanceType]));
  const disks = Object.fromEntries(hosts.map((host) => [host.name, disksOf(types.get(host.group) ?? '')]));
  return readByCephadm(documentsOf(planOf(settings)), disks);
}

describe.each(['dev', 'prod'] as const)('the specification of %s', (stack) => {
  test.each(['images', 'metadata'] as const)(
    'of %s is read by cephadm, every host and service',
    async (cluster) => {
      const settings = settingsOf(stack);
      const { zones } = settings.network;
      const plan = planOf(settings.ceph[cluster], {
        cluster,
        zones,
        hosts: hostsOf(settings.ceph[cluster], zones),
      });
      const read = await readByCephadm(documentsOf(plan));
      expect(read.hosts).toEqual(plan.hosts.map(({ name }) => name));
      const monitors = plan.hosts.filter(({ name }) => /^(monitor|node)-/.test(name)).map(({ name }) => name);
      expect(read.services).toMatchObject({
        mon: monitors,
        [`rgw.${cluster}`]: expect.any(Array) as string[],
      });
      expect(read.services[`rgw.${cluster}`]).not.toHaveLength(0);
    },
  );
});

describe('disks', () => {
  test('every local disk becomes an OSD and the root volume never does', async () => {
    const { disks } = await disksTaken(FULL);
    expect(disks['hot-0']).toEqual(['/dev/nvme1n1']);
    expect(disks['gateway-1']).toEqual(['/dev/nvme1n1']);
    expect(disks['cold-5']).toEqual(['/dev/nvme1n1', '/dev/nvme2n1', '/dev/nvme3n1', '/dev/nvme4n1']);
    expect(disks['monitor-0']).toBeUndefined();
  });

  test.each(
    Object.entries(INSTANCE_TYPES).filter(([, { disks, memoryGiB }]) => disks.length > 0 && memoryGiB >= 8),
  )('of %s are found by their size as ceph-volume says it', async (name, type) => {
    const { disks } = await disksTaken({
      ...FULL,
      cold: undefined,
      nodeGroups: [
        { name: 'front', roles: ['monitor', 'gateway'], instanceType: 'm7g.large', count: 3 },
        { name: 'hot', roles: ['hot'], instanceType: name, count: 3 },
      ],
    });
    const count = type.disks.reduce((sum, each) => sum + each.count, 0);
    expect(disks['hot-0']).toHaveLength(count);
    expect(disks['hot-0']).not.toContain('/dev/nvme0n1');
  });

  test('a class is given to each group, since all look alike to Ceph', () => {
    expect(
      serviceDocuments({ groups: FULL.nodeGroups })
        .filter((document) => document['service_type'] === 'osd')
        .map((document) => [
          document['service_id'],
          (document['spec'] as { crush_device_class: string }).crush_device_class,
        ]),
    ).toEqual([
      ['gateway', 'hottest'],
      ['hot', 'hot'],
      ['cold', 'cold'],
    ]);
  });
});

describe('what the parser does not know', () => {
  test.each(NEWER_FIELDS)(
    'is listed with its source: $service $field since $since',
    async ({ service, field, source }) => {
      expect(source).toMatch(/^https:\/\/docs\.ceph\.com\/en\//);
      const documents = [gatewayDocument({ realm: 'storage', zone: 'images' })];
      // It is younger than the parser here: without the list it is refused.
      await expect(readByCephadm(documents, {}, [])).rejects.toThrow(field);
      expect(service).toBe('rgw');
    },
  );

  test('anything else that is misspelt is refused', async () => {
    const [first] = serviceDocuments({ groups: FULL.nodeGroups }).filter(
      (one) => one['service_type'] === 'osd',
    );
    await expect(readByCephadm([{ ...first, spec: { data_devices: { modell: 'x' } } }])).rejects.toThrow(
      /modell/,
    );
  });
});
