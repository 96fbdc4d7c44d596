import { clusterFolders } from '../../scripts/local/parts/cluster-folders.ts';
import type { CephClusterSpec } from '../../scripts/local/parts/specs.ts';
import type { ClusterSpec } from '../ceph/cluster.ts';
import { poolCommands, storageClassCommands } from '../ceph/commands.ts';
import { loopbackConfiguration } from '../ceph/configuration.ts';
import { principalsOf } from '../ceph/keyring.ts';

/** What the part `ceph-cluster` is told. */
export function cephPartSpec(home: string, cluster: ClusterSpec): CephClusterSpec {
  return {
    home,
    name: cluster.name,
    configuration: loopbackConfiguration(cluster, clusterFolders(home, cluster.name)),
    monitorPort: cluster.monitorPort,
    osds: cluster.osds.count,
    gateways: [...cluster.gateways],
    principals: principalsOf(cluster).map(({ name, capabilities }) => ({
      name,
      capabilities: { ...capabilities },
    })),
    poolCommands: poolCommands(cluster),
    storageClassCommands: storageClassCommands(cluster),
  };
}
