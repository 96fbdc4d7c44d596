import { INSTANCE_TYPES } from '../aws/instance-types.ts';
import type { AwsSettings, CephNodeGroup, CephRole, CephSettings } from './aws.ts';
import type { ClusterName, Finding } from './common.ts';

/** Below this BlueStore's caches thrash (docs.ceph.com, hardware recommendations). */
const LEAST_GIB_PER_OSD = 4;
/** Roles whose nodes hold data, and the disks that they hold it on. */
const DISK_OF: Partial<Record<CephRole, 'nvme' | 'hdd'>> = { hottest: 'nvme', hot: 'nvme', cold: 'hdd' };

/** Whether a cluster's nodes can hold what its pools promise. */
export function cephFindings(settings: AwsSettings, cluster: ClusterName): Finding[] {
  const ceph = settings.ceph[cluster];
  const zones = settings.network.zones.length;
  const at = (key: string) => `ceph.${cluster}.${key}`;
  return [
    ...ceph.nodeGroups.flatMap((group, index) => groupFindings(group, at(`nodeGroups[${index}]`))),
    ...roleFindings(ceph, settings.environment, at('nodeGroups')),
    ...replicaFindings(ceph, zones, at('replicas')),
    ...coldFindings(ceph, zones, at('cold')),
  ];
}

function groupFindings(group: CephNodeGroup, key: string): Finding[] {
  const type = INSTANCE_TYPES[group.instanceType];
  if (type === undefined) {
    return [
      {
        key: `${key}.instanceType`,
        says: `${group.instanceType} is not known for ${group.roles.join(' and ')}; known are: ${fitting(group.roles).join(', ')}`,
      },
    ];
  }
  const missing = group.roles.filter((role) => {
    const kind = DISK_OF[role];
    return kind !== undefined && !type.disks.some((disk) => disk.kind === kind);
  });
  if (missing.length > 0) {
    return [
      {
        key: `${key}.instanceType`,
        says: `${group.instanceType} has no disks for the role ${missing.join(' and ')} (${missing.map((role) => DISK_OF[role]).join(', ')}); these have: ${fitting(group.roles).join(', ')}`,
      },
    ];
  }
  const osds = group.roles.some((role) => role in DISK_OF)
    ? type.disks.reduce((sum, disk) => sum + disk.count, 0)
    : 0;
  if (osds * LEAST_GIB_PER_OSD <= type.memoryGiB) return [];
  return [
    {
      key: `${key}.instanceType`,
      says: `${group.instanceType} has ${osds} disks and ${type.memoryGiB} GiB; each OSD needs ${LEAST_GIB_PER_OSD} GiB`,
    },
  ];
}

/** Instance types that have what the roles need. */
function fitting(roles: readonly CephRole[]): string[] {
  return Object.entries(INSTANCE_TYPES)
    .filter(([, type]) =>
      roles.every((role) => {
        const kind = DISK_OF[role];
        return kind === undefined || type.disks.some((disk) => disk.kind === kind);
      }),
    )
    .map(([name]) => name);
}

function nodesWith(ceph: CephSettings, role: CephRole): CephNodeGroup[] {
  return ceph.nodeGroups.filter((group) => group.roles.includes(role));
}

function countOf(groups: readonly CephNodeGroup[]): number {
  return groups.reduce((sum, group) => sum + group.count, 0);
}

function roleFindings(ceph: CephSettings, environment: 'dev' | 'prod', key: string): Finding[] {
  const findings: Finding[] = [];
  const monitors = countOf(nodesWith(ceph, 'monitor'));
  const wanted = environment === 'prod' ? [3, 5] : [1, 3, 5];
  if (!wanted.includes(monitors)) {
    findings.push({
      key,
      says: `${monitors} nodes have the role monitor; a quorum needs ${wanted.join(' or ')}`,
    });
  }
  const gateways = countOf(nodesWith(ceph, 'gateway'));
  const leastGateways = environment === 'prod' ? 2 : 1;
  if (gateways < leastGateways) {
    findings.push({ key, says: `${gateways} nodes have the role gateway; at least ${leastGateways}` });
  }
  if (countOf(nodesWith(ceph, 'hot')) === 0) {
    findings.push({ key, says: 'no node has the role hot: the STANDARD class needs one' });
  }
  return findings;
}

/** Each copy needs a failure domain of its own. */
function replicaFindings(ceph: CephSettings, zones: number, key: string): Finding[] {
  return (['hot', 'hottest'] as const).flatMap((role) => {
    const groups = nodesWith(ceph, role);
    if (groups.length === 0) return [];
    const nodes = countOf(groups);
    const domains = ceph.failureDomain === 'zone' ? Math.min(zones, nodes) : nodes;
    if (ceph.replicas <= domains) return [];
    return [
      {
        key,
        says: `${ceph.replicas} copies, and only ${domains} ${ceph.failureDomain}s with the role ${role}: add nodes, or ask for ${domains}`,
      },
    ];
  });
}

/**
 * Erasure coding writes on only while data + 1 chunks are up, so what one failure domain takes with it
 * must leave that many (docs.ceph.com, erasure code: min_size is k + 1).
 */
function coldFindings(ceph: CephSettings, zones: number, key: string): Finding[] {
  const nodes = countOf(nodesWith(ceph, 'cold'));
  if (ceph.cold === undefined) {
    return nodes === 0 ? [] : [{ key, says: `not set, though ${nodes} nodes have the role cold` }];
  }
  const { dataChunks, codingChunks } = ceph.cold;
  const chunks = dataChunks + codingChunks;
  const profile = `${dataChunks}+${codingChunks}`;
  if (nodes === 0) return [{ key, says: `${profile} is set and no node has the role cold` }];
  const domains = ceph.failureDomain === 'zone' ? Math.min(zones, nodes) : nodes;
  const perDomain = Math.ceil(chunks / domains);
  if (ceph.failureDomain === 'host' && chunks > nodes) {
    return [{ key, says: `${profile} needs ${chunks} hosts with the role cold; there are ${nodes}` }];
  }
  if (ceph.failureDomain === 'zone' && chunks % domains !== 0) {
    return [
      {
        key,
        says: `${profile} makes ${chunks} chunks, which ${domains} zones cannot share evenly; 3+3 and 5+4 can over 3`,
      },
    ];
  }
  if (chunks - perDomain < dataChunks + 1) {
    return [
      {
        key,
        says:
          `${profile} over ${domains} ${ceph.failureDomain}s stops writing when one is lost: ${chunks - perDomain} chunks are left and ` +
          `${dataChunks + 1} are needed. 3+3 and 5+4 go on over 3 zones`,
      },
    ];
  }
  const leastNodes = Math.min(...nodesPerZone(ceph, zones));
  if (ceph.failureDomain === 'zone' && leastNodes < perDomain) {
    return [
      {
        key,
        says: `${profile} puts ${perDomain} chunks into each zone, each on another host; one zone has only ${leastNodes} with the role cold`,
      },
    ];
  }
  return [];
}

/** Nodes of a group are spread over the zones in turn. */
function nodesPerZone(ceph: CephSettings, zones: number): number[] {
  const nodes = Array.from({ length: Math.max(zones, 1) }, () => 0);
  for (const group of nodesWith(ceph, 'cold')) {
    for (let index = 0; index < group.count; index += 1) {
      nodes[index % nodes.length] = (nodes[index % nodes.length] ?? 0) + 1;
    }
  }
  return nodes;
}
