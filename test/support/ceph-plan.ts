import { clusterPlan, type ClusterPlan, type PlanArgs } from '../../infra/storage/ceph/plan/plan.ts';
import { placeGroup } from '../../infra/storage/ceph/plan/placement.ts';
import type { Host } from '../../infra/storage/ceph/plan/service-spec.ts';
import type { CephSettings } from '../../infra/settings/aws.ts';
import { TARGET_USERS, targetBuckets } from '../../infra/storage/access.ts';

export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

/** Hosts like a cluster's nodes, with addresses counted up. */
export function hostsOf(settings: CephSettings, zones: readonly string[] = ZONES): Host[] {
  return settings.nodeGroups
    .flatMap((group) =>
      placeGroup(group, zones.length).map((node) => ({ ...node, roles: group.roles, place: node.zone })),
    )
    .map(({ name, group, roles, place }, index) => ({
      name,
      group,
      roles,
      address: `10.20.192.${index + 10}`,
      zone: zones[place] ?? '',
    }));
}

/** A plan for a cluster with these settings; the rest is as in the account 111122223333. */
export function planOf(
  settings: CephSettings,
  changes: Partial<Omit<PlanArgs, 'settings'>> = {},
): ClusterPlan {
  const zones = changes.zones ?? ZONES;
  return clusterPlan({
    environment: 'prod',
    cluster: 'images',
    region: 'us-east-1',
    settings,
    zones,
    hosts: hostsOf(settings, zones),
    networks: ['10.20.192.0/20', '10.20.208.0/20', '10.20.224.0/20'],
    gatewayName: 'rgw-images.objects.example.com',
    hostNames: ['images.objects.example.com', 'rgw-images.objects.example.com'],
    users: TARGET_USERS,
    buckets: targetBuckets([{ name: 'food-images', public: true }]),
    images: {
      ceph: '111122223333.dkr.ecr.us-east-1.amazonaws.com/prod-quay/ceph/ceph@sha256:00',
      monitoring: { prometheus: '111122223333.dkr.ecr.us-east-1.amazonaws.com/prod-quay/prometheus:v2' },
    },
    aws: { parameters: '/storage/prod/ceph/images', secrets: 'storage-prod/ceph/images/' },
    topic: 'storage-events',
    ...changes,
  });
}

/** A cluster over three zones with every role. */
export const FULL: CephSettings = {
  nodeGroups: [
    { name: 'monitor', roles: ['monitor'], instanceType: 'm7g.large', count: 3 },
    { name: 'gateway', roles: ['gateway', 'hottest'], instanceType: 'g4dn.2xlarge', count: 3 },
    { name: 'hot', roles: ['hot'], instanceType: 'i3en.3xlarge', count: 3 },
    { name: 'cold', roles: ['cold'], instanceType: 'd3en.2xlarge', count: 6 },
  ],
  replicas: 3,
  failureDomain: 'zone',
  cold: { dataChunks: 3, codingChunks: 3, storageClass: 'STANDARD_IA', afterDays: 30 },
  objectsExpected: 600_000_000,
};
