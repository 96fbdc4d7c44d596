import * as pulumi from '@pulumi/pulumi';
import { assertStands, clusterPlan, type ClusterPlan, type PlanArgs } from './plan/plan.ts';
import { CEPH_PORTS } from './plan/ports.ts';
import { instanceType } from './plan/storage-nodes.ts';
import type { AlarmTopic } from '../../foundation/alarms.ts';
import type { Keys } from '../../foundation/keys.ts';
import type { AccessLogs } from '../../foundation/logs.ts';
import { planSubnets } from '../../foundation/network/cidr.ts';
import type { Network } from '../../foundation/network/network.ts';
import type { Protection } from '../../foundation/protection.ts';
import type { Registry } from '../../foundation/registry.ts';
import type { CephSettings } from '../../settings/aws.ts';
import type { ClusterName } from '../../settings/common.ts';
import { TARGET_USERS, targetBuckets, type BucketAccess } from '../access.ts';
import { EVENTS_TOPIC } from '../events/entrance.ts';
import { clusterAlarms } from './cluster-alarms.ts';
import { CephCredentials } from './credentials.ts';
import { GatewayBalancer } from './gateway-balancer.ts';
import { MONITORING_IMAGES } from './images.ts';
import { cephNames } from './names.ts';
import { CephNodes, type CephNode } from './node-group.ts';
import { CephNodeRole } from './node-role.ts';
import { CephSecurityGroups } from './security-groups.ts';
import { CephStep } from './step.ts';
import { CephWatch } from './watch.ts';

export type CephClusterArgs = Protection & {
  cluster: ClusterName;
  environment: string;
  region: string;
  account: string;
  /** Node groups, copies, erasure code. A node group grows in place; everything else about it stays as it is. */
  settings: CephSettings;
  network: Network;
  keys: Keys;
  alarms: AlarmTopic;
  registry: Registry;
  accessLogs: AccessLogs;
  /** Ceph's image with its digest. Another one starts going over to it, daemon by daemon. */
  image: string;
  /** The name under which clients reach the cluster, and all names that RGW takes for its own. */
  names: { gateway: string; all: readonly string[] };
  /** The private zone of the names. */
  zoneId: pulumi.Input<string>;
  /** The certificate of the names. */
  certificateArn: pulumi.Input<string>;
  /** The buckets that the customer's move to. */
  buckets: readonly BucketAccess[];
  /** Blocks of addresses from which applications speak S3 with this cluster. Default: none. */
  clientNetworks?: readonly string[];
  /** How `scripts/ceph-hosts/main.ts` is started where the engine runs, for example `node scripts/ceph-hosts/main.ts`. */
  main: string;
};

/**
 * A Ceph cluster on EC2: nodes by role, spread over the zones; RGW behind an internal load balancer with
 * TLS; and the step by which one of its monitors makes hosts, services, pools, users and buckets so.
 *
 * Dashboard and figures are reached by a session of Systems Manager to a monitor and from nowhere else.
 */
export class CephCluster extends pulumi.ComponentResource {
  /** `https://NAME` */
  readonly endpoint: pulumi.Output<string>;
  readonly dnsName: string;
  /** Load balancer's security group. Everything that speaks S3 to the cluster joins it. */
  readonly gatewaySecurityGroupId: pulumi.Output<string>;
  readonly gatewayPort = 443;
  /** Of the nodes: RGW sends its notifications from them. */
  readonly nodeSecurityGroupId: pulumi.Output<string>;
  /** One secret a user, `PREFIXuser`: JSON `{accessKeyId, secretAccessKey}`. */
  readonly credentialsPrefix: string;
  /** All secrets of the cluster, for policies. */
  readonly credentialsArns: pulumi.Output<string>;
  /** Ports on a monitor, for a session that forwards one. */
  readonly dashboards = { dashboard: CEPH_PORTS.dashboard, prometheus: CEPH_PORTS.prometheus } as const;
  readonly monitorIds: pulumi.Output<string>[];
  /** Whatever depends on it finds users and buckets. */
  readonly ready: pulumi.Resource;

  constructor(name: string, args: CephClusterArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:Cluster', name, {}, options);
    const { cluster, environment, region, account, settings, network, protect } = args;
    validate(settings, network.zones.length);
    const child = { parent: this };
    const names = cephNames(environment, cluster);
    const users = ['admin', ...TARGET_USERS];

    const credentials = new CephCredentials(
      `${name}-credentials`,
      { prefix: names.secrets, users, key: args.keys.secrets, protect },
      child,
    );
    const groups = new CephSecurityGroups(
      `${name}-traffic`,
      { network, cluster, clientNetworks: args.clientNetworks ?? [] },
      child,
    );
    const nodes = this.#nodes(name, args, groups.nodesId, credentials);
    const having = (role: 'monitor' | 'gateway') =>
      nodes.filter(({ roles }) => roles.includes(role)).map(({ node }) => node);
    const all = nodes.map(({ node }) => node);
    const balancer = new GatewayBalancer(
      `${name}-gateways`,
      {
        cluster,
        network,
        securityGroupId: groups.balancerId,
        gateways: having('gateway'),
        certificateArn: args.certificateArn,
        name: { zoneId: args.zoneId, hostName: args.names.gateway },
        accessLogs: args.accessLogs,
        alarms: args.alarms,
        protect,
      },
      child,
    );
    const step = new CephStep(
      `${name}-step`,
      {
        region,
        plan: this.#plan(args, all),
        images: [args.image, ...Object.values(MONITORING_IMAGES)].map((image) =>
          args.registry.pullThrough(image),
        ),
        architectures: architecturesOf(settings),
        monitors: having('monitor'),
        main: args.main,
        protect,
      },
      // It makes buckets through the load balancer, and writes keys into the secrets.
      { ...child, dependsOn: [balancer, credentials, groups] },
    );
    new CephWatch(`${name}-watch`, { region, cluster, topic: EVENTS_TOPIC, nodes: all }, child);
    clusterAlarms(name, { cluster, topic: args.alarms }, child);

    this.endpoint = pulumi.output(`https://${args.names.gateway}`);
    this.dnsName = args.names.gateway;
    this.gatewaySecurityGroupId = groups.balancerId;
    this.nodeSecurityGroupId = groups.nodesId;
    this.credentialsPrefix = names.secrets;
    // Secrets Manager puts six characters of its own behind each name.
    this.credentialsArns = pulumi.output(
      `arn:aws:secretsmanager:${region}:${account}:secret:${names.secrets}*`,
    );
    this.monitorIds = having('monitor').map((node) => node.instanceId);
    this.ready = step.done;
    this.registerOutputs({ endpoint: this.endpoint, monitorIds: this.monitorIds });
  }

  #nodes(
    name: string,
    args: CephClusterArgs,
    securityGroupId: pulumi.Output<string>,
    credentials: CephCredentials,
  ) {
    const { cluster, environment, region, account, settings, protect } = args;
    const names = cephNames(environment, cluster);
    const role = (purpose: string, writes?: { secretArns: pulumi.Output<string>[]; key: Keys['secrets'] }) =>
      new CephNodeRole(
        `${name}-${purpose}`,
        {
          region,
          account,
          names,
          pull: args.registry.pullStatements(),
          ...(writes === undefined ? {} : { writes }),
        },
        { parent: this },
      );
    const monitors = role('monitor-role', { secretArns: credentials.arns, key: args.keys.secrets });
    const others = settings.nodeGroups.every((group) => group.roles.includes('monitor'))
      ? monitors
      : role('node-role');
    return settings.nodeGroups.flatMap((group) => {
      const { instanceProfileName } = group.roles.includes('monitor') ? monitors : others;
      return new CephNodes(
        `${name}-${group.name}`,
        {
          environment,
          region,
          cluster,
          group,
          zones: args.network.zones,
          securityGroupId,
          instanceProfileName,
          volumesKey: args.keys.volumes,
          keyParameter: `${names.parameters}/ssh-public-key`,
          alarms: args.alarms,
          protect,
        },
        { parent: this },
      ).nodes.map((node) => ({ node, roles: group.roles }));
    });
  }

  /** The plan of the hosts, once their addresses are known. What cannot work is refused before that. */
  #plan(args: CephClusterArgs, nodes: readonly CephNode[]): pulumi.Output<ClusterPlan> {
    const { network } = args;
    const zones = network.zones.map((zone) => zone.name);
    const fixed: Omit<PlanArgs, 'hosts' | 'images'> = {
      environment: args.environment,
      cluster: args.cluster,
      region: args.region,
      settings: args.settings,
      zones,
      networks: planSubnets(network.cidr, zones.length).map(({ storage }) => storage),
      gatewayName: args.names.gateway,
      hostNames: args.names.all,
      users: TARGET_USERS,
      buckets: targetBuckets(args.buckets),
      aws: cephNames(args.environment, args.cluster),
      topic: EVENTS_TOPIC,
    };
    const monitoring = Object.entries(MONITORING_IMAGES).map(
      ([name, image]) => [name, args.registry.pullThrough(image)] as const,
    );
    return pulumi
      .all([
        pulumi.all(nodes.map((node) => node.host)),
        args.registry.pullThrough(args.image),
        pulumi.all(Object.fromEntries(monitoring)),
      ])
      .apply(([hosts, ceph, images]) =>
        clusterPlan({ ...fixed, hosts, images: { ceph, monitoring: images } }),
      );
  }
}

function validate(settings: CephSettings, zones: number): void {
  try {
    assertStands(settings, zones);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new pulumi.InputPropertyError({ propertyPath: 'settings', reason: error.message });
  }
}

/** As registries call them. */
function architecturesOf({ nodeGroups }: CephSettings): ('amd64' | 'arm64')[] {
  const names = nodeGroups.map((group) =>
    instanceType(group.instanceType).architecture === 'arm64' ? 'arm64' : 'amd64',
  );
  return [...new Set(names)].sort();
}
