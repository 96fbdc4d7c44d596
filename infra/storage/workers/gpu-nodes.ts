import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { KubernetesNodeGroup, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import type { Network } from '../../foundation/network/network.ts';
import { DEVICE_PLUGIN, devicePluginSpec, GPU_LABELS, GPU_TAINT } from './gpu-objects.ts';

export type GpuNodesArgs = {
  cluster: KubernetesCluster;
  network: Pick<Network, 'zones'>;
  /** With a GPU of NVIDIA's: g4dn. */
  instanceType: string;
  /** At least 1; where none are ever wanted, leave the component out. */
  maximum: number;
};

/**
 * Nodes with GPUs, for thumbnails: none until a pod asks for `nvidia.com/gpu`, none ten minutes after the
 * last. They are other machines than Ceph's own G4 nodes, which cannot be both.
 */
export class GpuNodes extends pulumi.ComponentResource {
  constructor(name: string, args: GpuNodesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:GpuNodes', name, {}, options);
    const { cluster } = args;
    const group = new KubernetesNodeGroup(
      `${name}-group`,
      {
        cluster,
        subnetIds: args.network.zones.map((zone) => zone.privateSubnetId),
        instanceTypes: [args.instanceType],
        capacity: 'on-demand',
        minimum: 0,
        maximum: args.maximum,
        labels: GPU_LABELS,
        taints: [GPU_TAINT],
        gpu: true,
        localStorage: 'raid0',
        volumeGibibytes: 80,
      },
      { parent: this, dependsOn: cluster },
    );
    new k8s.apps.v1.DaemonSet(
      `${name}-device-plugin`,
      { metadata: { ...DEVICE_PLUGIN }, spec: devicePluginSpec() },
      { parent: this, provider: cluster.provider, dependsOn: group },
    );
    this.registerOutputs({});
  }
}
