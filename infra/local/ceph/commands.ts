import { COLD_POOL, poolsOf, type ClusterSpec } from './cluster.ts';

const PROFILE = 'cold';

/**
 * Commands for the monitor of a new cluster, for one `ceph` process that reads commands. Each may be
 * repeated.
 */
export function poolCommands(cluster: ClusterSpec): string[] {
  const { cold } = cluster;
  const profile =
    cold === undefined
      ? []
      : [
          `osd erasure-code-profile set ${PROFILE} k=${cold.dataChunks} m=${cold.codingChunks} crush-failure-domain=osd`,
          `osd crush rule create-erasure ${PROFILE} ${PROFILE}`,
        ];
  const pools = poolsOf(cluster).flatMap(({ name, kind, placementGroups }) => [
    kind === 'erasure'
      ? `osd pool create ${name} ${placementGroups} ${placementGroups} erasure ${PROFILE} ${PROFILE}`
      : `osd pool create ${name} ${placementGroups} ${placementGroups} replicated`,
    `osd pool application enable ${name} rgw`,
  ]);
  return [
    ...profile,
    ...pools,
    ...(cold === undefined ? [] : [`osd pool set ${COLD_POOL} min_size ${cold.minSize}`]),
    // The manager runs without modules on purpose (configuration.ts).
    'health mute MGR_MODULE_ERROR --sticky',
  ];
}

/** Arguments of `radosgw-admin` that make the cold pool a storage class of the default placement. */
export function storageClassCommands(cluster: ClusterSpec): string[][] {
  if (cluster.cold === undefined) return [];
  const placement = ['--placement-id', 'default-placement', '--storage-class', cluster.cold.storageClass];
  return [
    ['zonegroup', 'placement', 'add', '--rgw-zonegroup', 'default', ...placement],
    ['zone', 'placement', 'add', '--rgw-zone', 'default', ...placement, '--data-pool', COLD_POOL],
  ];
}
