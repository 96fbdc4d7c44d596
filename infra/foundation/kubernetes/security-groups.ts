import * as pulumi from '@pulumi/pulumi';
import type { Network } from '../network/network.ts';
import {
  allowToEndpoints,
  allowToInternet,
  allowTraffic,
  partSecurityGroup,
  type Part,
  type Ports,
} from '../network/traffic.ts';

export type ClusterSecurityGroupsArgs = {
  network: Pick<Network, 'vpcId' | 'endpointsSecurityGroupId'>;
};

/** The two sides of a cluster, control plane and nodes, and what passes between them. */
export class ClusterSecurityGroups extends pulumi.ComponentResource {
  readonly controlPlaneId: pulumi.Output<string>;
  /** Of the nodes, and so of their pods. */
  readonly nodesId: pulumi.Output<string>;

  constructor(name: string, args: ClusterSecurityGroupsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:ClusterSecurityGroups', name, {}, options);
    const child = { parent: this };
    const { vpcId } = args.network;
    const controlPlane: Part = {
      name: 'control-plane',
      group: partSecurityGroup(
        `${name}-control-plane`,
        { vpcId, description: 'Kubernetes control plane' },
        child,
      ).id,
    };
    const nodes: Part = {
      name: 'nodes',
      group: partSecurityGroup(`${name}-nodes`, { vpcId, description: 'Kubernetes nodes and pods' }, child)
        .id,
    };
    const allow = (
      purpose: string,
      from: Part,
      to: Part,
      ports: Ports,
      why: string,
      protocol: 'tcp' | 'udp' = 'tcp',
    ) => allowTraffic(`${name}-${purpose}`, { from, to, ports, protocol, why }, child);

    allow('nodes-api', nodes, controlPlane, 443, 'nodes and pods ask the API');
    allow('api-kubelet', controlPlane, nodes, 10250, 'logs and commands of pods');
    allow('api-metrics', controlPlane, nodes, 10251, 'figures of the add-on metrics-server');
    allow('names-udp', nodes, nodes, 53, 'names, from CoreDNS', 'udp');
    allow('names-tcp', nodes, nodes, 53, 'long answers of CoreDNS');
    allow('pods', nodes, nodes, { from: 1024, to: 65535 }, 'pod to pod; which ones, NetworkPolicies say');
    const why = 'AWS APIs and registries of images';
    if (args.network.endpointsSecurityGroupId !== undefined) {
      const { endpointsSecurityGroupId } = args.network;
      allowToEndpoints(
        `${name}-endpoints`,
        { from: nodes, network: { endpointsSecurityGroupId }, why },
        child,
      );
    }
    // Not every API has an endpoint (Auto Scaling, EKS), nor every registry a cache.
    allowToInternet(`${name}-internet`, { from: nodes, why }, child);
    this.controlPlaneId = pulumi.output(controlPlane.group);
    this.nodesId = pulumi.output(nodes.group);
    this.registerOutputs({ controlPlaneId: this.controlPlaneId, nodesId: this.nodesId });
  }
}
