import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import type { Network } from '../../foundation/network/network.ts';
import { allowTraffic, partSecurityGroup, type Part } from '../../foundation/network/traffic.ts';
import { shortName } from '../../foundation/short-name.ts';
import { loadBalancerName } from '../applications/objects-zone.ts';
import { TLS_POLICY } from '../applications/tls.ts';

const TLS_PORT = 443;

/** The topic on every Ceph cluster that objects' changes go to. */
export const EVENTS_TOPIC = 'storage-events';
/** The path to which they are pushed. */
export const EVENTS_PATH = '/events';
/** Where the receiver's pod listens. */
export const EVENTS_POD_PORT = 8090;
/** The port of every node behind which a receiver of that node listens. */
export const EVENTS_NODE_PORT = 30090;

export type EventsEntranceArgs = {
  network: Pick<Network, 'vpcId' | 'zones'>;
  /** The nodes on which receivers may run. */
  receivers: {
    /** Nodes of these groups are taken up as soon as a receiver on them listens. */
    autoScalingGroupNames: readonly pulumi.Input<string>[];
    nodeSecurityGroupId: pulumi.Input<string>;
  };
  /** Who pushes: the nodes of the Ceph clusters, on which RGW runs. */
  senders: readonly Part[];
  /** The certificate of `name.hostName`; RGW checks it. */
  certificateArn: pulumi.Input<string>;
  /** The private zone, and the name under which the clusters know the receiver. */
  name: { zoneId: pulumi.Input<string>; hostName: string };
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  alarms: AlarmTopic;
  /** Whether AWS refuses to delete the load balancer. */
  protect: boolean;
};

/**
 * The way of the Ceph clusters' notifications to their receivers on Kubernetes: an internal load balancer
 * that ends TLS. Notifications of objects carry their names and metadata, and are worth as much as these.
 */
export class EventsEntrance extends pulumi.ComponentResource {
  /** What the topic pushes to. */
  readonly pushEndpoint: string;

  constructor(name: string, args: EventsEntranceArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:events:EventsEntrance', name, {}, options);
    if (args.senders.length === 0 || args.receivers.autoScalingGroupNames.length === 0) {
      throw new pulumi.InputPropertyError({
        propertyPath: args.senders.length === 0 ? 'senders' : 'receivers.autoScalingGroupNames',
        reason: 'it is empty, so nothing would ever arrive. Name the Ceph clusters and the groups of nodes.',
      });
    }
    const group = this.#securityGroup(name, args);
    const balancer = new aws.lb.LoadBalancer(
      shortName(`${name}-nlb`),
      {
        loadBalancerType: 'network',
        internal: true,
        subnets: args.network.zones.map((zone) => zone.privateSubnetId),
        securityGroups: [group.id],
        // A zone without a receiver of its own must not find the door closed.
        enableCrossZoneLoadBalancing: true,
        enableDeletionProtection: args.protect,
        accessLogs: { bucket: args.accessLogs.bucketName, prefix: name, enabled: true },
      },
      { parent: this },
    );
    const targets = this.#targets(name, args);
    new aws.lb.Listener(
      `${name}-tls`,
      {
        loadBalancerArn: balancer.arn,
        port: TLS_PORT,
        protocol: 'TLS',
        sslPolicy: TLS_POLICY,
        certificateArn: args.certificateArn,
        defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      },
      { parent: this },
    );
    loadBalancerName(`${name}-name`, { ...args.name, target: balancer }, { parent: this });
    alarm(
      `${name}-no-receiver`,
      {
        topic: args.alarms,
        description:
          "Nobody receives the Ceph clusters' notifications. They wait in RGW's queue; when that is full, RGW refuses " +
          'clients that write. Look at the pods (kubectl -n storage get pods -l app=events); if RGW delivers nothing when ' +
          'they are back, restart it (ceph orch restart rgw.…).',
        metric: {
          namespace: 'AWS/NetworkELB',
          name: 'HealthyHostCount',
          dimensions: { LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix },
          statistic: 'Minimum',
          periodSeconds: 60,
        },
        below: 1,
        forPeriods: 2,
        missing: 'breaching',
      },
      { parent: this },
    );
    this.pushEndpoint = eventsPushEndpoint(args.name.hostName);
    this.registerOutputs({ pushEndpoint: this.pushEndpoint });
  }

  #securityGroup(name: string, args: EventsEntranceArgs): aws.ec2.SecurityGroup {
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: args.network.vpcId, description: 'Load balancer before the receivers of Ceph notifications' },
      { parent: this },
    );
    const balancer = { name: 'events load balancer', group: group.id };
    for (const sender of args.senders) {
      allowTraffic(
        `${name}-from-${sender.name}`,
        { from: sender, to: balancer, ports: TLS_PORT, why: 'notifications of buckets' },
        { parent: this },
      );
    }
    allowTraffic(
      `${name}-to-receivers`,
      {
        from: balancer,
        to: { name: 'nodes', group: args.receivers.nodeSecurityGroupId },
        ports: EVENTS_NODE_PORT,
        why: 'notifications of buckets, and the health check',
      },
      { parent: this },
    );
    return group;
  }

  #targets(name: string, args: EventsEntranceArgs): aws.lb.TargetGroup {
    const targets = new aws.lb.TargetGroup(
      shortName(`${name}-receivers`),
      {
        vpcId: args.network.vpcId,
        targetType: 'instance',
        port: EVENTS_NODE_PORT,
        protocol: 'TCP',
        // Nodes let in the load balancer and nobody behind it.
        preserveClientIp: 'false',
        deregistrationDelay: 30,
        // Whether the port is open, not whether the database answers: an RGW that is refused a message tries
        // again, one that is refused a connection may stop for good.
        healthCheck: { protocol: 'TCP', interval: 5, healthyThreshold: 2, unhealthyThreshold: 2 },
      },
      { parent: this },
    );
    for (const [index, autoScalingGroupName] of args.receivers.autoScalingGroupNames.entries()) {
      new aws.autoscaling.Attachment(
        `${name}-nodes-${index}`,
        { autoscalingGroupName: autoScalingGroupName, lbTargetGroupArn: targets.arn },
        { parent: this },
      );
    }
    return targets;
  }
}

/** What the topic pushes to. */
export function eventsPushEndpoint(hostName: string): string {
  return `https://${hostName}${EVENTS_PATH}`;
}
