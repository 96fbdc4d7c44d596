import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import {
  AUTOSCALER,
  AUTOSCALER_CLUSTER_RULES,
  AUTOSCALER_OWN_RULES,
  autoscalerDeployment,
  autoscalerImage,
  autoscalerStatements,
} from './autoscaler-objects.ts';
import { PodRole } from './pod-role.ts';

export type ClusterAutoscalerArgs = {
  cluster: { name: pulumi.Input<string>; arn: pulumi.Input<string>; provider: k8s.Provider };
  /** The physical name, known before the cluster is. */
  clusterName: string;
  region: string;
  account: string;
  version: string;
  /** Names an image in the account's pull-through cache. */
  image: (upstream: string) => pulumi.Input<string>;
};

/**
 * Adds nodes to a group while pods find no place, and takes away those that are empty for ten minutes:
 * the groups of the bulk copy and of GPUs have no node, and cost nothing, until something wants to run.
 */
export class ClusterAutoscaler extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterAutoscalerArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:ClusterAutoscaler', name, {}, options);
    const { clusterName, region, account } = args;
    const identity = new PodRole(
      `${name}-role`,
      {
        cluster: args.cluster,
        namespace: AUTOSCALER.namespace,
        serviceAccount: AUTOSCALER.name,
        statements: autoscalerStatements(clusterName, { region, account }),
      },
      { parent: this },
    );
    const child = { parent: this, provider: args.cluster.provider };
    const metadata = { name: AUTOSCALER.name, namespace: AUTOSCALER.namespace };
    const subjects = [{ kind: 'ServiceAccount', ...metadata }];
    const roleRef = (kind: 'Role' | 'ClusterRole') => ({
      apiGroup: 'rbac.authorization.k8s.io',
      kind,
      name: AUTOSCALER.name,
    });
    const rights = [
      new k8s.core.v1.ServiceAccount(`${name}-account`, { metadata }, child),
      new k8s.rbac.v1.ClusterRole(
        `${name}-cluster-rights`,
        { metadata: { name: AUTOSCALER.name }, rules: AUTOSCALER_CLUSTER_RULES },
        child,
      ),
      new k8s.rbac.v1.ClusterRoleBinding(
        `${name}-cluster-binding`,
        { metadata: { name: AUTOSCALER.name }, roleRef: roleRef('ClusterRole'), subjects },
        child,
      ),
      new k8s.rbac.v1.Role(`${name}-own-rights`, { metadata, rules: AUTOSCALER_OWN_RULES }, child),
      new k8s.rbac.v1.RoleBinding(
        `${name}-own-binding`,
        { metadata, roleRef: roleRef('Role'), subjects },
        child,
      ),
    ];
    new k8s.apps.v1.Deployment(
      `${name}-deployment`,
      {
        metadata,
        spec: autoscalerDeployment({ clusterName, region, image: args.image(autoscalerImage(args.version)) }),
      },
      { ...child, dependsOn: [identity, ...rights] },
    );
    this.registerOutputs({});
  }
}
