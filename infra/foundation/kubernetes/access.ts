import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export type KubernetesAccessArgs = {
  cluster: { name: pulumi.Input<string> };
  /** The IAM role, not a session of it. */
  roleArn: pulumi.Input<string>;
  /**
   * Groups as which the role's sessions appear in the cluster; what they may do there is said by
   * RoleBindings. May not begin with `system:`, which EKS refuses.
   */
  groups: readonly string[];
};

/** Lets an IAM role into the cluster's API, as a member of groups that have no right by themselves. */
export class KubernetesAccess extends pulumi.ComponentResource {
  constructor(name: string, args: KubernetesAccessArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:KubernetesAccess', name, {}, options);
    const reserved = args.groups.find((group) => group.startsWith('system:'));
    if (reserved !== undefined) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'groups',
        reason: `"${reserved}" is Kubernetes' own; name a group of ours, for example "steps"`,
      });
    }
    new aws.eks.AccessEntry(
      `${name}-entry`,
      {
        clusterName: args.cluster.name,
        principalArn: args.roleArn,
        kubernetesGroups: [...args.groups],
        type: 'STANDARD',
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
