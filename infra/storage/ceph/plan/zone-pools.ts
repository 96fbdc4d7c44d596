import type { CephSettings } from '../../../settings/aws.ts';
import { erasureMinSize, replicatedMinSize } from './crush.ts';
import { osdsPerNode, storageRole, type StorageRole } from './storage-nodes.ts';

/** The pools of an RGW zone, each with its rule and number of placement groups. */

export type ZonePool = {
  name: string;
  /** The CRUSH rule by name. */
  rule: string;
  size: number;
  minSize: number;
  /** A power of two. A pool that has more keeps them: fewer would move everything for nothing. */
  placementGroups: number;
  kind: 'replicated' | 'erasure';
};

/** What an OSD should hold: https://docs.ceph.com/en/tentacle/rados/operations/placement-groups/ */
const GROUPS_PER_OSD = 100;

/** Pools with little in them, and how many groups each gets. RGW would make them with the default rule. */
const SMALL_POOLS = { control: 8, meta: 8, log: 16, otp: 8, 'buckets.non-ec': 16 } as const;

/** Which disks the index and the small pools are on: the fastest that there are. */
export function indexRole(groups: CephSettings['nodeGroups']): StorageRole {
  return groups.some((group) => storageRole(group) === 'hottest') ? 'hottest' : 'hot';
}

/**
 * The pools of the zone `zone`, and `.rgw.root`. Indexes and the pool of unfinished multipart uploads
 * (non-ec) are replicated: erasure-coded pools have no omap.
 */
export function zonePools(zone: string, settings: CephSettings): ZonePool[] {
  const { nodeGroups, replicas, cold } = settings;
  const osds = (role: StorageRole) =>
    nodeGroups
      .filter((group) => storageRole(group) === role)
      .reduce((sum, group) => sum + group.count * osdsPerNode(group), 0);
  const fastest = indexRole(nodeGroups);
  const replicated = (name: string, role: StorageRole, placementGroups: number): ZonePool => ({
    name,
    rule: `replicated-${role}`,
    size: replicas,
    minSize: replicatedMinSize(replicas),
    placementGroups,
    kind: 'replicated',
  });
  // Where index and data share disks, an index gets an eighth of the groups, as it holds less and works more.
  const shared = fastest === 'hot';
  const indexShare = shared ? 1 / 8 : 3 / 4;
  const dataShare = shared ? 3 / 4 : 1;
  return [
    replicated('.rgw.root', fastest, 8),
    ...Object.entries(SMALL_POOLS).map(([name, groups]) =>
      replicated(`${zone}.rgw.${name}`, fastest, groups),
    ),
    replicated(`${zone}.rgw.buckets.index`, fastest, groupsFor(osds(fastest), replicas, indexShare)),
    replicated(`${zone}.rgw.buckets.data`, 'hot', groupsFor(osds('hot'), replicas, dataShare)),
    ...(cold === undefined
      ? []
      : [
          {
            name: coldPool(zone),
            rule: 'erasure-cold',
            size: cold.dataChunks + cold.codingChunks,
            minSize: erasureMinSize(cold),
            placementGroups: groupsFor(osds('cold'), cold.dataChunks + cold.codingChunks, 1),
            kind: 'erasure' as const,
          },
        ]),
  ];
}

/** The pool behind the cold storage class. */
export function coldPool(zone: string): string {
  return `${zone}.rgw.cold.data`;
}

/**
 * The power of two at or below a share of 100 placement groups an OSD, and never under 16, so that an
 * object store of a few disks spreads too.
 */
function groupsFor(osds: number, size: number, share: number): number {
  const wanted = (osds * GROUPS_PER_OSD * share) / size;
  return Math.max(16, 2 ** Math.floor(Math.log2(Math.max(1, wanted))));
}
