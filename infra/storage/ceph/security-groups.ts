import * as pulumi from '@pulumi/pulumi';
import { CEPH_PORTS } from './plan/ports.ts';
import type { Network } from '../../foundation/network/network.ts';
import {
  allowFromAddresses,
  allowToEndpoints,
  allowToS3,
  allowTraffic,
  partSecurityGroup,
  type Ports,
} from '../../foundation/network/traffic.ts';

export type CephSecurityGroupsArgs = {
  network: Network;
  cluster: string;
  /** Blocks of addresses from which clients reach the gateways, beside the parts that are allowed by group. */
  clientNetworks: readonly string[];
};

/** Nodes reach each other as daemons do; clients reach the load balancer, and it alone the gateways. */
export class CephSecurityGroups extends pulumi.ComponentResource {
  readonly nodesId: pulumi.Output<string>;
  readonly balancerId: pulumi.Output<string>;

  constructor(name: string, args: CephSecurityGroupsArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:SecurityGroups', name, {}, options);
    const child = { parent: this };
    const { network, cluster } = args;
    const part = (purpose: string, description: string) => ({
      name: purpose,
      group: partSecurityGroup(`${name}-${purpose}`, { vpcId: network.vpcId, description }, child).id,
    });
    const nodes = part('nodes', `Nodes of the Ceph cluster ${cluster}`);
    const balancer = part('gateways', `Load balancer before RGW of the Ceph cluster ${cluster}`);

    const among: Record<string, { ports: Ports; why: string }> = {
      'monitors-v2': { ports: CEPH_PORTS.monitors[0], why: 'monitors' },
      'monitors-v1': { ports: CEPH_PORTS.monitors[1], why: 'monitors, older protocol' },
      daemons: { ports: CEPH_PORTS.daemons, why: 'OSDs and managers, replication and heartbeats' },
      ssh: { ports: CEPH_PORTS.ssh, why: 'cephadm reaches hosts by SSH from the active manager' },
      discovery: { ports: CEPH_PORTS.discovery, why: 'what Prometheus is to read' },
      dashboard: { ports: CEPH_PORTS.dashboard, why: 'a manager on standby passes on to the active one' },
      'manager-metrics': { ports: CEPH_PORTS.managerMetrics, why: 'Prometheus reads the manager' },
      'daemon-metrics': { ports: CEPH_PORTS.daemonMetrics, why: 'Prometheus reads daemons' },
      'host-metrics': { ports: CEPH_PORTS.hostMetrics, why: 'Prometheus reads hosts' },
      prometheus: { ports: CEPH_PORTS.prometheus, why: 'the dashboard reads Prometheus' },
      alerts: { ports: CEPH_PORTS.alerts, why: 'Prometheus tells of alerts, the dashboard shows them' },
    };
    for (const [purpose, { ports, why }] of Object.entries(among)) {
      allowTraffic(`${name}-${purpose}`, { from: nodes, to: nodes, ports, why }, child);
    }
    allowTraffic(
      `${name}-gateway`,
      { from: balancer, to: nodes, ports: CEPH_PORTS.gateway, why: 'S3 requests, and the health check' },
      child,
    );
    allowTraffic(
      `${name}-own-gateway`,
      {
        from: nodes,
        to: balancer,
        ports: 443,
        why: 'the step on a monitor makes buckets the way clients do',
      },
      child,
    );
    if (args.clientNetworks.length > 0) {
      allowFromAddresses(
        `${name}-clients`,
        { addresses: args.clientNetworks, to: balancer, ports: 443, why: 'applications speak S3' },
        child,
      );
    }
    allowToEndpoints(
      `${name}-aws`,
      { from: nodes, network, why: 'commands, images, secrets and figures' },
      child,
    );
    allowToS3(
      `${name}-s3`,
      { from: nodes, network, why: 'packages of Amazon Linux, layers of images' },
      child,
    );
    this.nodesId = pulumi.output(nodes.group);
    this.balancerId = pulumi.output(balancer.group);
    this.registerOutputs({ nodesId: this.nodesId, balancerId: this.balancerId });
  }
}
