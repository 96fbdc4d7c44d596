import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { allowTraffic, partSecurityGroup } from '../network/traffic.ts';

export type ClusterSecurityGroupsArgs = { vpcId: pulumi.Input<string> };

/** The two sides of a cluster, control plane and nodes, and what passes between them. */
export class ClusterSecurityGroups extends pulumi.ComponentResource {
  readonly controlPlaneId: pulumi.Output<string>;
  /** Of the nodes, and so of their pods. */
  readonly nodesId: pulumi.Output<string>;

  constructor(name: string, args: ClusterSecurityGroupsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:ClusterSecurityGroups', name, {}, options);
    const child = { parent: this };
    const { vpcId } = args;
    const controlPlane = {
      name: 'control-plane',
      group: partSecurityGroup(
        `${name}-control-plane`,
        { vpcId, description: "Kubernetes' control plane" },
        child,
      ).id,
    };
    const nodes = {
      name: 'nodes',
      group: partSecurityGroup(`${name}-nodes`, { vpcId, description: "Kubernetes' nodes and pods" }, child)
        .id,
    };
    const allow = (
      purpose: string,
      from: typeof nodes,
      to: typeof nodes,
      ports: Parameters<typeof allowTraffic>[1]['ports'],
      why: string,
      protocol: 'tcp' | 'udp' = 'tcp',
    ) => allowTraffic(`${name}-${purpose}`, { from, to, ports, protocol, why }, child);

    allow('nodes-api', nodes, controlPlane, 443, 'nodes and pods ask the API');
    allow('api-kubelet', controlPlane, nodes, 10250, 'logs and commands of pods');
    allow('api-metrics', controlPlane, nodes, 10251, 'figures of the add-on metrics-server');
    allow('names-udp', nodes, nodes, 53, 'names, from CoreDNS', 'udp');
    allow('names-tcp', nodes, nodes, 53, 'long answers of CoreDNS');
    allow('pods', nodes, nodes, { from: 1024, to: 65535 }, 'pod to pod; which ones, NetworkPolicies say');
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-nodes-out`,
      {
        securityGroupId: nodes.group,
        cidrIpv4: '0.0.0.0/0',
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        description: 'AWS APIs and registries of images, through NAT or endpoints',
      },
      child,
    );
    this.controlPlaneId = pulumi.output(controlPlane.group);
    this.nodesId = pulumi.output(nodes.group);
    this.registerOutputs({ controlPlaneId: this.controlPlaneId, nodesId: this.nodesId });
  }
}
