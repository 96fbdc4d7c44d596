import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from '../keys.ts';
import { logGroup } from '../log-groups.ts';
import type { KubernetesNodeGroup } from './node-group.ts';
import { PodRole } from './pod-role.ts';

/** On every node, before any pod: what gives pods addresses, services and identities. */
export class NodeAddons extends pulumi.ComponentResource {
  constructor(name: string, args: AddonsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:NodeAddons', name, {}, options);
    const child = { parent: this };
    // It runs in the node's network, so it gives the network's own pods their role too.
    const identity = addon(`${name}-pod-identity`, args, { addonName: 'eks-pod-identity-agent' }, child);
    addon(`${name}-proxy`, args, { addonName: 'kube-proxy' }, child);
    const role = new PodRole(
      `${name}-network-role`,
      {
        cluster: args.cluster,
        namespace: 'kube-system',
        serviceAccount: 'aws-node',
        statements: [],
        associate: false,
      },
      child,
    );
    const attached = new aws.iam.RolePolicyAttachment(
      `${name}-network-policy`,
      { role: role.roleName, policyArn: 'arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy' },
      child,
    );
    addon(
      `${name}-network`,
      args,
      {
        addonName: 'vpc-cni',
        // Without it NetworkPolicies are accepted and do nothing.
        configurationValues: JSON.stringify({ enableNetworkPolicy: 'true' }),
        podIdentityAssociations: [{ serviceAccount: 'aws-node', roleArn: role.roleArn }],
      },
      { ...child, dependsOn: [identity, attached] },
    );
    this.registerOutputs({});
  }
}

export type ClusterAddonsArgs = AddonsArgs & {
  /** The name in the account: log groups carry it. */
  clusterName: string;
  /** They become active only once they run somewhere. */
  nodes: KubernetesNodeGroup;
  logDays: number;
  logsKey: EncryptionKey;
};

/** Pods of the system's nodes: names, the figures that autoscalers go by, and where pods' logs go. */
export class ClusterAddons extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterAddonsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:ClusterAddons', name, {}, options);
    const child = { parent: this, dependsOn: args.nodes };
    addon(`${name}-dns`, args, { addonName: 'coredns' }, child);
    addon(`${name}-metrics`, args, { addonName: 'metrics-server' }, child);
    this.#logs(name, args, child);
    this.registerOutputs({});
  }

  /** A spot node takes its pods' logs with it: they are sent to CloudWatch, with the pods' figures. */
  #logs(name: string, args: ClusterAddonsArgs, options: pulumi.CustomResourceOptions): void {
    const child = { parent: this };
    // What sends them would make its groups without a key, and keep them for ever.
    const groups = ['application', 'dataplane', 'host', 'performance'].map((kind) =>
      logGroup(
        `${name}-${kind}-logs`,
        {
          logName: `/aws/containerinsights/${args.clusterName}/${kind}`,
          days: args.logDays,
          key: args.logsKey,
        },
        child,
      ),
    );
    const role = new PodRole(
      `${name}-logs-role`,
      {
        cluster: args.cluster,
        namespace: LOGS_NAMESPACE,
        serviceAccount: 'cloudwatch-agent',
        statements: [],
        associate: false,
      },
      child,
    );
    const attached = new aws.iam.RolePolicyAttachment(
      `${name}-logs-policy`,
      { role: role.roleName, policyArn: 'arn:aws:iam::aws:policy/CloudWatchAgentServerPolicy' },
      child,
    );
    addon(
      `${name}-observability`,
      args,
      {
        addonName: 'amazon-cloudwatch-observability',
        configurationValues: JSON.stringify({ containerLogs: { enabled: true } }),
        podIdentityAssociations: [{ serviceAccount: 'cloudwatch-agent', roleArn: role.roleArn }],
      },
      { ...options, dependsOn: [args.nodes, attached, ...groups] },
    );
  }
}

const LOGS_NAMESPACE = 'amazon-cloudwatch';

type AddonsArgs = { cluster: { name: pulumi.Input<string>; arn: pulumi.Input<string> } };

function addon(
  name: string,
  { cluster }: AddonsArgs,
  args: Omit<aws.eks.AddonArgs, 'clusterName'>,
  options: pulumi.CustomResourceOptions,
): aws.eks.Addon {
  return new aws.eks.Addon(
    name,
    {
      clusterName: cluster.name,
      // No version: EKS takes its default for the cluster's version.
      resolveConflictsOnCreate: 'OVERWRITE',
      resolveConflictsOnUpdate: 'OVERWRITE',
      ...args,
    },
    options,
  );
}
