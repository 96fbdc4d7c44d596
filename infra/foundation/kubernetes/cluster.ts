import * as aws from '@pulumi/aws';
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmArgs, type AlarmTopic } from '../alarms.ts';
import { ServiceRole } from '../iam.ts';
import type { Keys } from '../keys.ts';
import { logGroup } from '../log-groups.ts';
import type { Network } from '../network/network.ts';
import type { Registry } from '../registry.ts';
import { ClusterAddons, NodeAddons } from './addons.ts';
import { ClusterAutoscaler } from './autoscaler.ts';
import { kubeconfig } from './kubeconfig.ts';
import { KubernetesNodeGroup, type NodeCluster } from './node-group.ts';
import { ClusterReaders } from './readers.ts';
import { ClusterSecurityGroups } from './security-groups.ts';

export type KubernetesClusterArgs = {
  /** The name in the account; tokens, logs and roles refer to it, so it never changes. */
  clusterName: string;
  region: string;
  account: string;
  /** For example `1.34`. One minor version up at a time; never down. */
  version: string;
  network: Pick<Network, 'vpcId' | 'zones' | 'endpointsSecurityGroupId'>;
  keys: Pick<Keys, 'kubernetes' | 'volumes' | 'logs'>;
  alarms: AlarmTopic;
  registry: Pick<Registry, 'pullThrough' | 'pullStatements'>;
  /** How long the control plane's logs are kept, in days. */
  logDays: number;
  /**
   * Who reaches the API from outside the VPC: the fixed addresses of the CI runners. IAM and the access
   * entries still decide who may do anything. Empty: nobody, and updates run inside the VPC.
   */
  publicAccessFrom: readonly string[];
  /** IAM roles, by ARN, that may look and change nothing: previews, the search for drift. */
  readers: readonly string[];
  /** Nodes for what has none of its own: add-ons, and workers that are few and small. */
  system: { instanceType: string; count: number };
  /** Whether deleting the cluster is refused, by Pulumi and by EKS. */
  protect: boolean;
};

/** Joining the cluster and exchanging pods' identities; sessions by SSM instead of SSH. */
const NODE_POLICIES = ['AmazonEKSWorkerNodePolicy', 'AmazonSSMManagedInstanceCore'].map(
  (policy) => `arn:aws:iam::aws:policy/${policy}`,
);
const LOG_TYPES = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

/**
 * An EKS cluster with nodes for its add-ons. Who makes it is its administrator, by an access entry; others
 * get in by a `KubernetesAccess`, and pods get AWS rights by a `PodRole`. No secret of it is in the state.
 */
export class KubernetesCluster extends pulumi.ComponentResource implements NodeCluster {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly endpoint: pulumi.Output<string>;
  /** Base64 of PEM. */
  readonly certificateAuthority: pulumi.Output<string>;
  readonly version: string;
  /** Of nodes and pods. */
  readonly securityGroupId: pulumi.Output<string>;
  /** The API's security group: what is not a node or pod needs a rule to reach it. */
  readonly controlPlaneSecurityGroupId: pulumi.Output<string>;
  readonly nodeRoleArn: pulumi.Output<string>;
  readonly volumesKeyArn: pulumi.Output<string>;
  /** For objects in the cluster. Runs `aws eks get-token` where Pulumi runs. */
  readonly provider: k8s.Provider;
  readonly system: KubernetesNodeGroup;

  constructor(name: string, args: KubernetesClusterArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:KubernetesCluster', name, {}, options);
    validate(args);
    const child = { parent: this };
    const { clusterName, region, account, version, network, keys } = args;
    const groups = new ClusterSecurityGroups(`${name}-traffic`, { network }, child);
    const subnetIds = network.zones.map((zone) => zone.privateSubnetId);
    const cluster = this.#controlPlane(name, args, groups.controlPlaneId, subnetIds);
    this.name = cluster.name;
    this.arn = cluster.arn;
    this.endpoint = cluster.endpoint;
    this.certificateAuthority = cluster.certificateAuthority.data;
    this.version = version;
    this.securityGroupId = groups.nodesId;
    this.controlPlaneSecurityGroupId = groups.controlPlaneId;
    this.volumesKeyArn = pulumi.output(keys.volumes.arn);
    this.nodeRoleArn = new ServiceRole(
      `${name}-node-role`,
      {
        service: 'ec2.amazonaws.com',
        description: 'Nodes of the Kubernetes cluster',
        statements: args.registry.pullStatements(),
        managedPolicyArns: NODE_POLICIES,
      },
      child,
    ).arn;
    this.provider = new k8s.Provider(
      `${name}-provider`,
      {
        kubeconfig: pulumi
          .all([this.endpoint, this.certificateAuthority])
          .apply(([endpoint, certificateAuthority]) =>
            kubeconfig({ name: clusterName, region, endpoint, certificateAuthority }),
          ),
        // Without it a new certificate authority would replace every object in the cluster.
        clusterIdentifier: this.arn,
        // A ConfigMap that changes is changed; replaced, it would be missing where it is mounted.
        enableConfigMapMutable: true,
      },
      child,
    );

    const nodeAddons = new NodeAddons(`${name}-node-addons`, { cluster: this }, child);
    this.system = new KubernetesNodeGroup(
      `${name}-system`,
      {
        cluster: this,
        subnetIds,
        instanceTypes: [args.system.instanceType],
        capacity: 'on-demand',
        minimum: args.system.count,
        maximum: args.system.count + 2,
        labels: { role: 'system' },
      },
      { ...child, dependsOn: nodeAddons },
    );
    new ClusterAddons(
      `${name}-addons`,
      { cluster: this, clusterName, nodes: this.system, logDays: args.logDays, logsKey: keys.logs },
      child,
    );
    new ClusterAutoscaler(
      `${name}-autoscaler`,
      {
        cluster: this,
        clusterName,
        region,
        account,
        version,
        image: (upstream) => args.registry.pullThrough(upstream),
      },
      { ...child, dependsOn: this.system },
    );
    new ClusterReaders(`${name}-readers`, { cluster: this, roleArns: args.readers }, child);
    alarms(name, args, child);
    this.registerOutputs({
      name: this.name,
      endpoint: this.endpoint,
      certificateAuthority: this.certificateAuthority,
      securityGroupId: this.securityGroupId,
    });
  }

  #controlPlane(
    name: string,
    args: KubernetesClusterArgs,
    securityGroupId: pulumi.Input<string>,
    subnetIds: pulumi.Input<string>[],
  ): aws.eks.Cluster {
    const child = { parent: this };
    const role = new ServiceRole(
      `${name}-role`,
      {
        service: 'eks.amazonaws.com',
        description: 'Control plane of the Kubernetes cluster',
        statements: [],
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonEKSClusterPolicy'],
      },
      child,
    );
    // EKS would make it itself, unencrypted and kept for ever.
    const logs = logGroup(
      `${name}-logs`,
      { logName: `/aws/eks/${args.clusterName}/cluster`, days: args.logDays, key: args.keys.logs },
      child,
    );
    return new aws.eks.Cluster(
      `${name}-cluster`,
      {
        name: args.clusterName,
        version: args.version,
        roleArn: role.arn,
        accessConfig: { authenticationMode: 'API', bootstrapClusterCreatorAdminPermissions: true },
        bootstrapSelfManagedAddons: false,
        vpcConfig: {
          subnetIds,
          securityGroupIds: [securityGroupId],
          endpointPrivateAccess: true,
          endpointPublicAccess: args.publicAccessFrom.length > 0,
          ...(args.publicAccessFrom.length > 0 && { publicAccessCidrs: [...args.publicAccessFrom] }),
        },
        encryptionConfig: { provider: { keyArn: args.keys.kubernetes.arn }, resources: ['secrets'] },
        enabledClusterLogTypes: LOG_TYPES,
        // A version that is past its standard support is upgraded by EKS, instead of costing six times as much.
        upgradePolicy: { supportType: 'STANDARD' },
        deletionProtection: args.protect,
      },
      { ...child, protect: args.protect, dependsOn: logs },
    );
  }
}

function validate({ publicAccessFrom, network, system }: KubernetesClusterArgs): void {
  const everyone = publicAccessFrom.find((block) => block.endsWith('/0'));
  if (everyone !== undefined) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'publicAccessFrom',
      reason: `"${everyone}" is everyone; name the addresses of the CI runners, for example 203.0.113.7/32`,
    });
  }
  if (network.zones.length < 2) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'network',
      reason: `EKS wants subnets in at least 2 zones, got ${network.zones.length}`,
    });
  }
  if (system.count < 1) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'system.count',
      reason: `must be at least 1, got ${system.count}: the add-ons have to run somewhere`,
    });
  }
}

/** EKS counts these itself, without an agent. */
function alarms(name: string, args: KubernetesClusterArgs, child: pulumi.ComponentResourceOptions): void {
  const watched = (metric: string, statistic: AlarmArgs['metric']['statistic']) => ({
    namespace: 'AWS/EKS',
    name: metric,
    dimensions: { ClusterName: args.clusterName },
    statistic,
    periodSeconds: 300,
  });
  alarm(
    `${name}-no-place`,
    {
      topic: args.alarms,
      description:
        'Pods have found no node for 15 minutes: workers or cache are fewer than they should be. Look at ' +
        "the autoscaler's log and at the node groups' health (capacity, quota, maximum).",
      metric: watched('scheduler_pending_pods_UNSCHEDULABLE', 'Minimum'),
      above: 0,
      forPeriods: 3,
      missing: 'notBreaching',
    },
    child,
  );
  alarm(
    `${name}-api-errors`,
    {
      topic: args.alarms,
      description:
        "Kubernetes' API fails: steps of the move cannot start Jobs or turn the origin. Look at the control " +
        "plane's log and at AWS' health page.",
      metric: watched('apiserver_request_total_5XX', 'Sum'),
      above: 50,
      forPeriods: 3,
      missing: 'notBreaching',
    },
    child,
  );
}
