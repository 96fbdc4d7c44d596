import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { CEPH_PORTS } from './plan/ports.ts';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import type { Network } from '../../foundation/network/network.ts';
import { shortName } from '../../foundation/short-name.ts';
import { loadBalancerName } from '../applications/objects-zone.ts';
import { TLS_POLICY } from '../applications/tls.ts';
import type { CephNode } from './node-group.ts';

export type GatewayBalancerArgs = {
  cluster: string;
  network: Pick<Network, 'vpcId' | 'zones'>;
  securityGroupId: pulumi.Input<string>;
  /** The nodes on which RGW runs. */
  gateways: readonly CephNode[];
  /** The certificate of `name.hostName`, and of `*.NAME` where buckets are named so. */
  certificateArn: pulumi.Input<string>;
  /** The private zone, and the name that leads here, alone and behind `BUCKET.`. */
  name: { zoneId: pulumi.Input<string>; hostName: string };
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  alarms: AlarmTopic;
  /** Whether AWS refuses to delete the load balancer. */
  protect: boolean;
};

/**
 * The internal load balancer before the RGWs of a cluster. It ends TLS and speaks TLS of its own to RGW, and
 * passes requests as they came: the signature covers host, path and headers.
 */
export class GatewayBalancer extends pulumi.ComponentResource {
  readonly listener: aws.lb.Listener;

  constructor(name: string, args: GatewayBalancerArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:GatewayBalancer', name, {}, options);
    const child = { parent: this };
    const balancer = new aws.lb.LoadBalancer(
      shortName(`${name}-nlb`),
      {
        loadBalancerType: 'network',
        internal: true,
        subnets: args.network.zones.map((zone) => zone.privateSubnetId),
        securityGroups: [args.securityGroupId],
        // A zone whose gateways are gone goes on through the others.
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: args.protect,
        accessLogs: { bucket: args.accessLogs.bucketName, prefix: name, enabled: true },
      },
      child,
    );
    const targets = new aws.lb.TargetGroup(
      shortName(`${name}-rgw`),
      {
        vpcId: args.network.vpcId,
        targetType: 'instance',
        port: CEPH_PORTS.gateway,
        protocol: 'TLS',
        // A node that asks itself through the load balancer would get no answer with its own address as sender.
        preserveClientIp: 'false',
        // Uploads of large parts go on while a gateway is taken out.
        deregistrationDelay: 300,
        healthCheck: {
          protocol: 'HTTPS',
          path: '/',
          matcher: '200',
          interval: 10,
          timeout: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
      },
      child,
    );
    for (const node of args.gateways) {
      new aws.lb.TargetGroupAttachment(
        `${name}-${node.name}`,
        { targetGroupArn: targets.arn, targetId: node.instanceId, port: CEPH_PORTS.gateway },
        child,
      );
    }
    this.listener = new aws.lb.Listener(
      `${name}-tls`,
      {
        loadBalancerArn: balancer.arn,
        port: 443,
        protocol: 'TLS',
        sslPolicy: TLS_POLICY,
        certificateArn: args.certificateArn,
        defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      },
      child,
    );
    for (const [label, hostName] of [
      ['name', args.name.hostName],
      ['bucket-names', `*.${args.name.hostName}`],
    ] as const) {
      loadBalancerName(
        `${name}-${label}`,
        { zoneId: args.name.zoneId, hostName, target: balancer },
        { ...child },
      );
    }
    this.#alarms(name, args, balancer, targets);
    this.registerOutputs({});
  }

  #alarms(
    name: string,
    args: GatewayBalancerArgs,
    balancer: aws.lb.LoadBalancer,
    targets: aws.lb.TargetGroup,
  ): void {
    const ring = (
      purpose: string,
      metric: string,
      description: string,
      bound: { above: number } | { below: number },
      statistic: 'Minimum' | 'Maximum',
    ) =>
      alarm(
        `${name}-${purpose}`,
        {
          topic: args.alarms,
          description,
          metric: {
            namespace: 'AWS/NetworkELB',
            name: metric,
            dimensions: { LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix },
            statistic,
            periodSeconds: 60,
          },
          ...bound,
          forPeriods: 3,
          missing: 'breaching',
        },
        { parent: this },
      );
    ring(
      'no-gateway',
      'HealthyHostCount',
      `No RGW of the Ceph cluster ${args.cluster} answers: its objects can be neither read nor written. Look at it from a ` +
        'monitor: cephadm shell -- ceph orch ps --daemon-type rgw, and ceph health detail.',
      { below: 1 },
      'Maximum',
    );
    ring(
      'gateway-lost',
      'UnHealthyHostCount',
      `An RGW of the Ceph cluster ${args.cluster} does not answer; the others carry its load. Look at it from a monitor: ` +
        'cephadm shell -- ceph orch ps --daemon-type rgw.',
      { above: 0 },
      'Minimum',
    );
  }
}
