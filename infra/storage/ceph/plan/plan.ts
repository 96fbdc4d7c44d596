import type { CephSettings } from '../../../settings/aws.ts';
import { type OwnedBucket } from '../../access.ts';
import { QUARANTINE_BUCKET } from '../../../../scripts/contract/names.ts';
import { erasureRule, replicatedRule, survivesZone, type CrushRule, type ErasureProfile } from './crush.ts';
import { indexShards } from './index-shards.ts';
import { clusterOptions, type Option } from './options.ts';
import { gatewayDocument, hostDocuments, serviceDocuments, specText, type Host } from './service-spec.ts';
import { osdMemoryBytes, osdsPerNode, storageRole, STORAGE_ROLES } from './storage-nodes.ts';
import { coldPool, zonePools, type ZonePool } from './zone-pools.ts';

/** Who may administer RGW by its admin API: users, suspensions, usage, indexes. */
const ADMIN_CAPS = 'users=*;buckets=*;usage=*;metadata=*';

export type PlanArgs = {
  environment: string;
  cluster: string;
  region: string;
  settings: CephSettings;
  /** Zones by name, in the order by which nodes are placed. */
  zones: readonly string[];
  hosts: readonly Host[];
  /** Blocks of addresses that the hosts are in. */
  networks: readonly string[];
  /** The name under which clients reach RGW: `https://NAME`. */
  gatewayName: string;
  /** All names that RGW takes for its own, `gatewayName` among them; any other is a bucket's. */
  hostNames: readonly string[];
  /** Users of RGW beside `admin`. */
  users: readonly string[];
  buckets: readonly OwnedBucket[];
  /** Ceph's image and those of its monitoring, where the hosts pull them. */
  images: { ceph: string; monitoring: Readonly<Record<string, string>> };
  /** Names in AWS that the host reads and writes. */
  aws: { parameters: string; secrets: string };
  /** The topic whose queue is watched. */
  topic: string;
};

/** The input of the step on the hosts; scripts/ceph-hosts/host carries it out. */
export type ClusterPlan = {
  cluster: string;
  environment: string;
  region: string;
  /** The first monitor: the only host on which the cluster may be founded. */
  seed: string;
  hosts: readonly Pick<Host, 'name' | 'address'>[];
  osds: number;
  images: { ceph: string };
  aws: PlanArgs['aws'];
  topic: string;
  /** Texts for `ceph orch apply -i`. */
  hostSpec: string;
  serviceSpec: string;
  gatewaySpec: string;
  options: readonly Option[];
  rules: readonly CrushRule[];
  profile?: ErasureProfile & { name: string };
  pools: readonly ZonePool[];
  realm: {
    realm: string;
    zonegroup: string;
    /** What clients give as the region: SDKs send it as the bucket's location. */
    apiName: string;
    zone: string;
    hostNames: readonly string[];
    indexShards: number;
  };
  /** Objects of `buckets` move to the class after so many days. */
  coldClass?: { storageClass: string; pool: string; afterDays: number; buckets: readonly string[] };
  endpoint: string;
  users: readonly { name: string; caps?: string }[];
  buckets: readonly OwnedBucket[];
};

/**
 * The plan of a cluster. Equal arguments give equal text; what changes in it runs the step again.
 *
 * @throws RangeError where the cluster could not work: no monitor, no gateway, no hot disk, two roles on
 *   one disk, too little memory, or an erasure code that stops when a zone is lost
 */
export function clusterPlan(args: PlanArgs): ClusterPlan {
  const { settings, cluster } = args;
  assertStands(settings, args.zones.length);
  const seed = args.hosts.find((host) => host.roles.includes('monitor'));
  if (seed === undefined) throw new RangeError(`${cluster} has no monitor among its hosts`);
  const used = STORAGE_ROLES.filter((role) =>
    settings.nodeGroups.some((group) => storageRole(group) === role),
  );
  const { cold } = settings;
  return {
    cluster,
    environment: args.environment,
    region: args.region,
    seed: seed.name,
    hosts: args.hosts.map(({ name, address }) => ({ name, address })),
    osds: settings.nodeGroups.reduce((sum, group) => sum + group.count * osdsPerNode(group), 0),
    images: { ceph: args.images.ceph },
    aws: args.aws,
    topic: args.topic,
    hostSpec: specText(hostDocuments(args.hosts)),
    serviceSpec: specText(serviceDocuments({ groups: settings.nodeGroups })),
    gatewaySpec: specText([gatewayDocument({ realm: 'storage', zone: cluster })]),
    options: clusterOptions(settings, {
      publicNetworks: args.networks,
      gatewayName: args.gatewayName,
      monitoringImages: args.images.monitoring,
    }),
    rules: [
      ...used.filter((role) => role !== 'cold').map((role) => replicatedRule(role, settings.failureDomain)),
      ...(cold === undefined ? [] : [erasureRule(cold, settings.failureDomain, args.zones.length)]),
    ],
    ...(cold === undefined
      ? {}
      : {
          profile: { name: 'cold', dataChunks: cold.dataChunks, codingChunks: cold.codingChunks },
          coldClass: {
            storageClass: cold.storageClass,
            pool: coldPool(cluster),
            afterDays: cold.afterDays,
            buckets: args.buckets.map(({ name }) => name).filter((name) => name !== QUARANTINE_BUCKET),
          },
        }),
    pools: zonePools(cluster, settings),
    realm: {
      realm: 'storage',
      zonegroup: cluster,
      apiName: args.region,
      zone: cluster,
      hostNames: args.hostNames,
      indexShards: indexShards(settings.objectsExpected),
    },
    endpoint: `https://${args.gatewayName}`,
    users: [{ name: 'admin', caps: ADMIN_CAPS }, ...args.users.map((name) => ({ name }))],
    buckets: args.buckets,
  };
}

/**
 * Refuses what could not work, before anything is made.
 *
 * @throws RangeError saying what is missing or too small
 */
export function assertStands(settings: CephSettings, zones: number): void {
  const { nodeGroups, cold, failureDomain } = settings;
  for (const role of ['monitor', 'gateway', 'hot'] as const) {
    if (nodeGroups.some((group) => group.roles.includes(role))) continue;
    throw new RangeError(`no node group has the role ${role}; a cluster needs one`);
  }
  for (const group of nodeGroups) if (storageRole(group) !== undefined) osdMemoryBytes(group);
  const hasCold = nodeGroups.some((group) => storageRole(group) === 'cold');
  if (hasCold !== (cold !== undefined)) {
    throw new RangeError(
      hasCold
        ? 'a node group is cold and there is no erasure code for it; set "cold"'
        : 'there is an erasure code and no node group has the role cold; give one the role, or remove "cold"',
    );
  }
  if (cold !== undefined && failureDomain === 'zone' && !survivesZone(cold, zones)) {
    throw new RangeError(
      `an erasure code of ${cold.dataChunks}+${cold.codingChunks} over ${zones} zones stops when one is lost; ` +
        'three zones want 3+3 or 5+4',
    );
  }
}
