/** The zone of each node of a cluster: pure counting, so that a preview shows the same on every machine. */

export type PlacedNode = {
  /** `GROUP-i`: the instance, its host in Ceph and its resource are named so, for good. */
  name: string;
  group: string;
  index: number;
  /** The zone's place in the list of zones. */
  zone: number;
};

/**
 * The nodes of a group, spread over the zones in turn: node i is in zone i mod zones. A group that grows
 * gets nodes at its end; existing ones keep name and zone. The list of zones may only grow together with
 * new groups: another number of zones would move nodes, which for disks in the machine means losing them.
 *
 * @param group its name and number of nodes
 * @param zones how many zones there are
 * @throws RangeError without zones
 */
export function placeGroup(group: { name: string; count: number }, zones: number): PlacedNode[] {
  if (zones < 1) throw new RangeError(`${zones} zones to place ${group.name} in; there must be one or more`);
  return Array.from({ length: group.count }, (_, index) => ({
    name: `${group.name}-${index}`,
    group: group.name,
    index,
    zone: index % zones,
  }));
}
