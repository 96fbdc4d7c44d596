import * as pulumi from '@pulumi/pulumi';
import { clusterFolders } from '../../scripts/contract/local/cluster-folders.ts';
import type { CephClusterSpec } from '../../scripts/contract/local/specs.ts';
import type { ClusterSpec } from './ceph/cluster.ts';
import { poolCommands, storageClassCommands } from './ceph/commands.ts';
import { loopbackConfiguration } from './ceph/configuration.ts';
import { principalsOf } from './ceph/keyring.ts';
import { partCommand, type LocalRuntime } from './part-command.ts';

export type CephClusterArgs = { runtime: LocalRuntime; cluster: ClusterSpec };

/** A real Ceph cluster on loopback, with its S3 endpoints and the RGW user `admin`. */
export class CephCluster extends pulumi.ComponentResource {
  /** The S3 endpoint of each RGW. */
  readonly endpoints: pulumi.Output<string[]>;

  constructor(name: string, args: CephClusterArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:CephCluster', name, {}, options);
    const spec = cephPart(args.runtime.home, args.cluster);
    const up = partCommand<{ endpoints: string[] }>(`${name}-up`, 'ceph-cluster', args.runtime, spec, {
      parent: this,
    });
    this.endpoints = up.endpoints;
    this.registerOutputs({ endpoints: this.endpoints });
  }
}

/** The description of the part `ceph-cluster`. */
export function cephPart(home: string, cluster: ClusterSpec): Omit<CephClusterSpec, 'home' | 'run'> {
  return {
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
