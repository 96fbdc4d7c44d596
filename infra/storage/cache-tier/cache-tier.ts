import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { INSTANCE_TYPES, type InstanceType } from '../../aws/instance-types.ts';
import { KubernetesNodeGroup, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import type { Network } from '../../foundation/network/network.ts';
import { partSecurityGroup } from '../../foundation/network/traffic.ts';
import { cacheTierScript } from '../../nginx/script.ts';
import { labelsOf, NAMESPACE } from '../workers/names.ts';
import type { StorageNamespace } from '../workers/namespace.ts';
import { cacheRoom, podConf, type CacheRoom } from './configuration.ts';
import {
  autoscalerSpec,
  CACHE_NODES,
  CACHE_TIER,
  nodePortSpec,
  podNamesSpec,
  statefulSetSpec,
} from './objects.ts';
import { CACHE_TIER_PORTS } from './ports.ts';

export type CacheTierArgs = {
  cluster: KubernetesCluster;
  namespace: StorageNamespace;
  network: Pick<Network, 'vpcId' | 'zones'>;
  region: string;
  image: pulumi.Input<string>;
  /** Nodes with local NVMe: the cache lies on it. One Nginx to a node, between these numbers of both. */
  nodes: { instanceType: string; minimum: number; maximum: number };
  /** The name of the images cluster's own load balancer. */
  cephHost: string;
  /** Names below which a bucket may be a label of the host. */
  bucketDomains: readonly string[];
  /** An anonymous read is never older while the origin answers, in seconds; at least 3. */
  maxStaleSeconds: number;
  /** The longest that one request may take; those under way at a turn or at a pod's end are cut after it. */
  requestSeconds: number;
};

/**
 * Nginx before the images: a pod a node, its cache on the node's NVMe. Each follows the ledger by itself:
 * who turns the origin tells nobody, and waits until every pod says that it has turned.
 */
export class CacheTier extends pulumi.ComponentResource {
  /** The port of every node that leads to its Nginx. */
  readonly nodePort = CACHE_TIER_PORTS.node;
  readonly autoScalingGroupName: pulumi.Output<string>;
  /** Of the cache's nodes alone. */
  readonly nodeSecurityGroupId: pulumi.Output<string>;
  /** How the pods are asked whether they have turned: for the environment document. */
  readonly turn = {
    kind: 'pods',
    namespace: NAMESPACE,
    selector: `app=${CACHE_TIER}`,
    port: CACHE_TIER_PORTS.turned,
  } as const;

  constructor(name: string, args: CacheTierArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cache-tier:CacheTier', name, {}, options);
    const { node, room } = validated(args.nodes.instanceType);
    const child = { parent: this };
    const group = partSecurityGroup(
      `${name}-nodes-group`,
      { vpcId: args.network.vpcId, description: 'Nodes of the cache tier' },
      child,
    );
    const nodes = new KubernetesNodeGroup(
      `${name}-nodes`,
      {
        cluster: args.cluster,
        subnetIds: args.network.zones.map((zone) => zone.privateSubnetId),
        instanceTypes: [args.nodes.instanceType],
        capacity: 'on-demand',
        minimum: args.nodes.minimum,
        maximum: args.nodes.maximum,
        labels: CACHE_NODES.labels,
        taints: [CACHE_NODES.taint],
        localStorage: 'raid0',
        securityGroupIds: [group.id],
      },
      { ...child, dependsOn: args.cluster },
    );
    this.autoScalingGroupName = nodes.autoScalingGroupName;
    this.nodeSecurityGroupId = group.id;
    this.#objects(name, args, node, room);
    this.registerOutputs({
      nodePort: this.nodePort,
      autoScalingGroupName: this.autoScalingGroupName,
      nodeSecurityGroupId: this.nodeSecurityGroupId,
    });
  }

  #objects(name: string, args: CacheTierArgs, node: InstanceType, room: CacheRoom): void {
    const { namespace, requestSeconds, nodes } = args;
    const child = { parent: this, provider: namespace.provider, dependsOn: namespace };
    const named = (object: string) => ({ name: object, namespace: NAMESPACE });
    const configuration = new k8s.core.v1.ConfigMap(
      `${name}-configuration`,
      {
        metadata: named(CACHE_TIER),
        data: { 'nginx.conf': podConf({ ...args, room }), 'cache-tier.js': cacheTierScript() },
      },
      child,
    );
    new k8s.core.v1.Service(
      `${name}-pods-service`,
      { metadata: named(`${CACHE_TIER}-pods`), spec: podNamesSpec() },
      child,
    );
    new k8s.core.v1.Service(`${name}-service`, { metadata: named(CACHE_TIER), spec: nodePortSpec() }, child);
    new k8s.policy.v1.PodDisruptionBudget(
      `${name}-budget`,
      {
        metadata: named(CACHE_TIER),
        spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(CACHE_TIER) } },
      },
      child,
    );
    const pods = new k8s.apps.v1.StatefulSet(
      `${name}-stateful-set`,
      {
        metadata: named(CACHE_TIER),
        spec: statefulSetSpec({ image: args.image, replicas: nodes.minimum, node, requestSeconds }),
      },
      // How many there are now is the autoscaler's to say.
      { ...child, dependsOn: [namespace, configuration], ignoreChanges: ['spec.replicas'] },
    );
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
      `${name}-autoscaler`,
      { metadata: named(CACHE_TIER), spec: autoscalerSpec(nodes) },
      { ...child, dependsOn: pods },
    );
  }
}

/** What the nodes are and hold. */
function validated(instanceType: string): { node: InstanceType; room: CacheRoom } {
  const node = INSTANCE_TYPES[instanceType];
  const refuse = (reason: string) =>
    new pulumi.InputPropertyError({ propertyPath: 'nodes.instanceType', reason });
  if (node === undefined) throw refuse(`"${instanceType}" is not in infra/aws/instance-types.ts`);
  try {
    return { node, room: cacheRoom(instanceType, node) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw refuse(error.message);
  }
}
