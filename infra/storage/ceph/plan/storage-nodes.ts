import { INSTANCE_TYPES, type InstanceType } from '../../../aws/instance-types.ts';
import type { CephNodeGroup, CephRole } from '../../../settings/aws.ts';

/** What the disks of a group of nodes are for, and what memory their daemons get. */

/** The CRUSH device classes are named after the roles: EBS, NVMe and hard disks all look like `ssd` to Ceph. */
export const STORAGE_ROLES = ['hottest', 'hot', 'cold'] as const;
export type StorageRole = (typeof STORAGE_ROLES)[number];

const GIB = 2 ** 30;
/** An OSD below this thrashes its cache: https://docs.ceph.com/en/tentacle/start/hardware-recommendations/ */
const LEAST_OSD_BYTES = 4 * GIB;
const TARGET_SHARE = 0.85;
/** What else runs on a node: the system with its agents; mon and mgr; RGW. */
const RESERVED_BYTES: Readonly<Record<'system' | CephRole, number>> = {
  system: 1 * GIB,
  monitor: 2 * GIB,
  gateway: 1 * GIB,
  hottest: 0,
  hot: 0,
  cold: 0,
};

/**
 * The role that a group's disks have, or nothing.
 *
 * @throws RangeError where it has two: a disk belongs to one class
 */
export function storageRole(group: Pick<CephNodeGroup, 'name' | 'roles'>): StorageRole | undefined {
  const roles = STORAGE_ROLES.filter((role) => group.roles.includes(role));
  if (roles.length > 1) {
    throw new RangeError(
      `${group.name} has the roles ${roles.join(' and ')}; its disks can have one of them`,
    );
  }
  return roles[0];
}

/** @throws RangeError for a type that is not in the table */
export function instanceType(name: string): InstanceType {
  const type = INSTANCE_TYPES[name];
  if (type === undefined) {
    throw new RangeError(`${name} is not among the instance types whose disks are known`);
  }
  return type;
}

/** OSDs of one node of the group: one a local disk. */
export function osdsPerNode(group: Pick<CephNodeGroup, 'name' | 'roles' | 'instanceType'>): number {
  if (storageRole(group) === undefined) return 0;
  return instanceType(group.instanceType).disks.reduce((sum, { count }) => sum + count, 0);
}

/**
 * Memory that each OSD of the group may take for itself, in bytes: of an equal share of what the node's other
 * daemons leave, as much as lets it go beyond for a while, which it does when it recovers.
 *
 * @throws RangeError where that is less than 4 GiB, or the type has no local disk
 */
export function osdMemoryBytes(group: Pick<CephNodeGroup, 'name' | 'roles' | 'instanceType'>): number {
  const { memoryGiB } = instanceType(group.instanceType);
  const osds = osdsPerNode(group);
  if (osds === 0) {
    throw new RangeError(`${group.name} (${group.instanceType}) has no local disk to store on`);
  }
  const reserved = group.roles.reduce((sum, role) => sum + RESERVED_BYTES[role], RESERVED_BYTES.system);
  const bytes = Math.floor((memoryGiB * GIB - reserved) / osds);
  if (bytes < LEAST_OSD_BYTES) {
    throw new RangeError(
      `${group.name} (${group.instanceType}, ${memoryGiB} GiB) leaves ${(bytes / GIB).toFixed(1)} GiB for each of ` +
        `its ${osds} OSDs beside ${group.roles.join(', ')}; each needs ${LEAST_OSD_BYTES / GIB}`,
    );
  }
  return Math.max(LEAST_OSD_BYTES, Math.floor(bytes * TARGET_SHARE));
}
