import * as pulumi from '@pulumi/pulumi';
import { KubernetesNodeGroup, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import type { Network } from '../../foundation/network/network.ts';
import { COPY_NODES, type CopyNodeSettings } from './jobs.ts';

export type CopyNodesArgs = CopyNodeSettings & {
  cluster: KubernetesCluster;
  network: Pick<Network, 'zones'>;
};

/** The bulk copy's nodes, on spot: none until a step makes the Job, none ten minutes after its end. */
export class CopyNodes extends pulumi.ComponentResource {
  constructor(name: string, args: CopyNodesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:CopyNodes', name, {}, options);
    new KubernetesNodeGroup(
      `${name}-group`,
      {
        cluster: args.cluster,
        subnetIds: args.network.zones.map((zone) => zone.privateSubnetId),
        instanceTypes: args.instanceTypes,
        capacity: 'spot',
        minimum: 0,
        maximum: args.maximum,
        labels: COPY_NODES.labels,
        taints: [COPY_NODES.taint],
      },
      { parent: this, dependsOn: args.cluster },
    );
    this.registerOutputs({});
  }
}
