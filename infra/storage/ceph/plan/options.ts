import type { CephSettings } from '../../../settings/aws.ts';
import { indexShards, OBJECTS_PER_SHARD } from './index-shards.ts';
import { osdMemoryBytes, storageRole, STORAGE_ROLES } from './storage-nodes.ts';

/** An option of the cluster's configuration database. */
export type Option = {
  /** Whose: `global`, `osd`, `client.rgw`, or OSDs of one device class as `osd/class:cold`. */
  who: string;
  name: string;
  value: string;
  /** The first release that knows it, by its number; older ones refuse it. */
  since?: number;
};

const MEBIBYTE = 2 ** 20;

/** How a cluster is set, apart from pools and placement. Sources: https://docs.ceph.com/en/tentacle/ */
export function clusterOptions(
  settings: CephSettings,
  args: {
    publicNetworks: readonly string[];
    gatewayName: string;
    monitoringImages: Readonly<Record<string, string>>;
  },
): Option[] {
  const rgw = (name: string, value: string, since?: number): Option => ({
    who: 'client.rgw',
    name,
    value,
    ...(since === undefined ? {} : { since }),
  });
  return [
    { who: 'global', name: 'public_network', value: args.publicNetworks.join(',') },
    // Pools whose groups we count; the autoscaler gives up where rules share a root.
    { who: 'global', name: 'osd_pool_default_pg_autoscale_mode', value: 'off' },
    { who: 'global', name: 'auth_allow_insecure_global_id_reclaim', value: 'false' },
    ...(settings.replicas === 1 ? [{ who: 'global', name: 'mon_allow_pool_size_one', value: 'true' }] : []),
    // To remove a pool this must be turned off first.
    { who: 'mon', name: 'mon_allow_pool_delete', value: 'false' },
    // A node of many disks that goes away is not worth re-copying when it is only restarting.
    { who: 'mon', name: 'mon_osd_down_out_interval', value: '1800' },
    // The smallest unit of which nothing is re-copied when all of it is gone: a lost zone must not be copied into
    // those that are left, which would fill up. (A lost host is, after the interval.)
    { who: 'mon', name: 'mon_osd_down_out_subtree_limit', value: 'zone' },
    { who: 'osd', name: 'osd_memory_target_autotune', value: 'false' },
    ...memoryOptions(settings),
    ...Object.entries(args.monitoringImages).map(([name, value]) => ({
      who: 'mgr',
      name: `mgr/cephadm/container_image_${name}`,
      value,
    })),
    rgw('rgw_dns_name', args.gatewayName),
    rgw('rgw_enable_usage_log', 'true'),
    rgw('rgw_usage_log_tick_interval', '30'),
    // Six hours a night, the default, do not suffice for hundreds of millions of objects.
    rgw('rgw_lifecycle_work_time', '00:00-23:59'),
    rgw('rgw_max_objs_per_shard', String(OBJECTS_PER_SHARD)),
    rgw('rgw_max_dynamic_shards', String(Math.max(1999, indexShards(settings.objectsExpected)))),
    // An empty bucket whose index was sharded for what is to come would lose its shards again.
    rgw('rgw_dynamic_resharding_may_reduce', 'false', 20),
    // The queue of a persistent topic is split, so that a burst of writes does not fill one object.
    rgw('rgw_bucket_persistent_notif_num_shards', '11', 20),
  ];
}

/** By device class: the least that any group of the class can give its OSDs, in whole MiB. */
function memoryOptions(settings: CephSettings): Option[] {
  return STORAGE_ROLES.flatMap((role) => {
    const bytes = settings.nodeGroups.filter((group) => storageRole(group) === role).map(osdMemoryBytes);
    if (bytes.length === 0) return [];
    const least = Math.floor(Math.min(...bytes) / MEBIBYTE) * MEBIBYTE;
    return [{ who: `osd/class:${role}`, name: 'osd_memory_target', value: String(least) }];
  });
}
