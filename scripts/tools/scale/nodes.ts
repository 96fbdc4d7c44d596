import {
  instanceType,
  osdsPerNode,
  storageRole,
  type StorageRole,
} from '../../../infra/storage/ceph/plan/storage-nodes.ts';
import type { CephNodeGroup } from '../../../infra/settings/aws.ts';

/** What the nodes of some groups have together; `bytes` of disks. */
export type Nodes = { nodes: number; osds: number; gigabits: number; bytes: number };

export function together(groups: readonly CephNodeGroup[]): Nodes {
  const total = (of: (group: CephNodeGroup) => number) =>
    groups.reduce((sum, group) => sum + group.count * of(group), 0);
  return {
    nodes: total(() => 1),
    osds: total(osdsPerNode),
    gigabits: total((group) => instanceType(group.instanceType).networkGbps),
    bytes: total(({ instanceType: type }) =>
      instanceType(type).disks.reduce((sum, { count, gigabytes }) => sum + count * gigabytes * 1e9, 0),
    ),
  };
}

/** The nodes whose disks have a role. */
export function storing(groups: readonly CephNodeGroup[], role: StorageRole): Nodes {
  return together(groups.filter((group) => storageRole(group) === role));
}

/** The nodes that keep the buckets' indexes. */
export function indexing(groups: readonly CephNodeGroup[]): Nodes {
  const hottest = storing(groups, 'hottest');
  return hottest.osds > 0 ? hottest : storing(groups, 'hot');
}
