import * as pulumi from '@pulumi/pulumi';
import { KubernetesNodeGroup, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import type { Network } from '../../foundation/network/network.ts';
import { COPY_NODES } from './jobs.ts';

export type CopyNodesArgs = {
  cluster: KubernetesCluster;
  network: Pick<Network, 'zones'>;
  /** Several of about one size: spot then has more to choose from. */
  instanceTypes: readonly [string, ...string[]];
  /** The most nodes at once; workers that find no place wait. */
  maximum: number;
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
