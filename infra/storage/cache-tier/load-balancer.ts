import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import type { Network } from '../../foundation/network/network.ts';
import { allowFromAddresses, allowTraffic, partSecurityGroup } from '../../foundation/network/traffic.ts';
import { shortName } from '../../foundation/short-name.ts';
import { loadBalancerName } from '../applications/objects-zone.ts';
import { TLS_POLICY } from '../applications/tls.ts';
import { idleSeconds } from './idle-seconds.ts';

const HTTPS_PORT = 443;

export type CacheTierLoadBalancerArgs = {
  network: Pick<Network, 'vpcId' | 'zones'>;
  /** The nodes of the cache tier. */
  cacheTier: {
    /** The port of every node behind which its Nginx listens. */
    nodePort: number;
    /** New nodes of this group are served from the load balancer as soon as their Nginx is healthy. */
    autoScalingGroupName: pulumi.Input<string>;
    nodeSecurityGroupId: pulumi.Input<string>;
  };
  /** The certificate of the public names and of those of the private zone. */
  certificateArn: pulumi.Input<string>;
  /** The private zone, and the name that leads here, alone and behind `BUCKET.`. */
  name: { zoneId: pulumi.Input<string>; hostName: string };
  /**
   * Blocks of addresses from which applications speak S3 with the images: the VPC's own and those of the
   * networks that it is joined to. Every request is signed besides; a block wider than /8 is refused.
   */
  clientNetworks: readonly string[];
  /** The longest that a request may take before its answer begins, in seconds. */
  requestSeconds: number;
  /** How long requests of a node that leaves may go on, in seconds. */
  drainSeconds: number;
  accessLogs: Pick<AccessLogs, 'bucketName'>;
  alarms: AlarmTopic;
  /** Whether AWS refuses to delete the load balancer. */
  protect: boolean;
};

/**
 * The internal load balancer before the cache tier: CloudFront reaches it as a VPC origin, applications by
 * its private name. Requests pass as they came, because S3's signature covers host, path and headers.
 */
export class CacheTierLoadBalancer extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly dnsName: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: CacheTierLoadBalancerArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cache-tier:LoadBalancer', name, {}, options);
    assertClientNetworks(args.clientNetworks);
    const group = this.#securityGroup(name, args);
    const balancer = new aws.lb.LoadBalancer(
      shortName(`${name}-alb`),
      {
        loadBalancerType: 'application',
        internal: true,
        subnets: args.network.zones.map((zone) => zone.privateSubnetId),
        securityGroups: [group.id],
        enableDeletionProtection: args.protect,
        idleTimeout: idleSeconds(args.requestSeconds),
        // Names of user metadata may hold dots and underscores, which count as invalid; a dropped header
        // that the signature covers makes the store refuse the request (403), and an unsigned one is lost.
        dropInvalidHeaderFields: false,
        preserveHostHeader: true,
        // Refuses what could be smuggled; "strictest" would refuse keys that are not encoded by RFC 3986 too.
        desyncMitigationMode: 'defensive',
        // Whom CloudFront saw stays first in the list; nothing behind takes a decision by it.
        xffHeaderProcessingMode: 'append',
        enableHttp2: true,
        accessLogs: { bucket: args.accessLogs.bucketName, prefix: name, enabled: true },
      },
      { parent: this },
    );
    const targets = this.#targets(name, args);
    this.#listener(name, args, balancer, targets);
    this.#alarms(name, args.alarms, balancer, targets);
    for (const [label, hostName] of [
      ['name', args.name.hostName],
      ['bucket-names', `*.${args.name.hostName}`],
    ] as const) {
      loadBalancerName(
        `${name}-${label}`,
        { zoneId: args.name.zoneId, hostName, target: balancer },
        { parent: this },
      );
    }
    this.arn = balancer.arn;
    this.dnsName = balancer.dnsName;
    this.zoneId = balancer.zoneId;
    this.securityGroupId = group.id;
    this.registerOutputs({
      arn: this.arn,
      dnsName: this.dnsName,
      zoneId: this.zoneId,
      securityGroupId: this.securityGroupId,
    });
  }

  #securityGroup(name: string, args: CacheTierLoadBalancerArgs): aws.ec2.SecurityGroup {
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: args.network.vpcId, description: 'Load balancer before the cache tier' },
      { parent: this },
    );
    allowFromAddresses(
      `${name}-clients`,
      {
        addresses: args.clientNetworks,
        to: { name: 'load balancer', group: group.id },
        ports: HTTPS_PORT,
        why: 'applications speak S3 with the images',
      },
      { parent: this },
    );
    allowTraffic(
      `${name}-to-nginx`,
      {
        from: { name: 'load balancer', group: group.id },
        to: { name: 'cache tier', group: args.cacheTier.nodeSecurityGroupId },
        ports: args.cacheTier.nodePort,
        why: 'requests for images, and the health check',
      },
      { parent: this },
    );
    return group;
  }

  #targets(name: string, args: CacheTierLoadBalancerArgs): aws.lb.TargetGroup {
    const targets = new aws.lb.TargetGroup(
      shortName(`${name}-nginx`),
      {
        vpcId: args.network.vpcId,
        targetType: 'instance',
        port: args.cacheTier.nodePort,
        protocol: 'HTTP',
        protocolVersion: 'HTTP1',
        loadBalancingAlgorithmType: 'least_outstanding_requests',
        deregistrationDelay: args.drainSeconds,
        // A node without a ready Nginx refuses the connection (externalTrafficPolicy: Local).
        healthCheck: {
          path: '/_origin',
          protocol: 'HTTP',
          matcher: '200',
          interval: 5,
          timeout: 3,
          healthyThreshold: 2,
          unhealthyThreshold: 2,
        },
      },
      { parent: this },
    );
    new aws.autoscaling.Attachment(
      `${name}-nodes`,
      { autoscalingGroupName: args.cacheTier.autoScalingGroupName, lbTargetGroupArn: targets.arn },
      { parent: this },
    );
    return targets;
  }

  #listener(
    name: string,
    args: CacheTierLoadBalancerArgs,
    balancer: aws.lb.LoadBalancer,
    targets: aws.lb.TargetGroup,
  ): void {
    new aws.lb.Listener(
      `${name}-https`,
      {
        loadBalancerArn: balancer.arn,
        port: HTTPS_PORT,
        protocol: 'HTTPS',
        sslPolicy: TLS_POLICY,
        certificateArn: args.certificateArn,
        defaultActions: [{ type: 'forward', targetGroupArn: targets.arn }],
      },
      { parent: this },
    );
  }

  #alarms(name: string, topic: AlarmTopic, balancer: aws.lb.LoadBalancer, targets: aws.lb.TargetGroup): void {
    const dimensions = { LoadBalancer: balancer.arnSuffix, TargetGroup: targets.arnSuffix };
    alarm(
      `${name}-no-healthy-node`,
      {
        topic,
        description:
          'No node of the cache tier answers: nobody reads images, and from cutover on applications cannot write them. ' +
          'Look at the pods (kubectl -n storage get pods -l app=cache-tier) and at what their /_origin answers.',
        metric: {
          namespace: 'AWS/ApplicationELB',
          name: 'HealthyHostCount',
          dimensions,
          statistic: 'Minimum',
          periodSeconds: 60,
        },
        below: 1,
        forPeriods: 2,
        missing: 'breaching',
      },
      { parent: this },
    );
    alarm(
      `${name}-errors`,
      {
        topic,
        description:
          'The cache tier answers with errors of its own (5xx): clients repeat, and CloudFront serves what it has. ' +
          'Look at the upstream status in the log of Nginx: Ceph or S3 refuses or is slow.',
        metric: {
          namespace: 'AWS/ApplicationELB',
          name: 'HTTPCode_Target_5XX_Count',
          dimensions,
          statistic: 'Sum',
          periodSeconds: 60,
        },
        above: 50,
        forPeriods: 3,
        missing: 'notBreaching',
      },
      { parent: this },
    );
  }
}

function assertClientNetworks(blocks: readonly string[]): void {
  if (blocks.length > 0) return;
  throw new pulumi.InputPropertyError({
    propertyPath: 'clientNetworks',
    reason:
      'it is empty, so no application could write images. Name the blocks of addresses from which they come, ' +
      'for example ["10.20.0.0/16"].',
  });
}
