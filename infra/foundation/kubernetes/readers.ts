import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { KubernetesAccess } from './access.ts';

export type ClusterReadersArgs = {
  cluster: { name: pulumi.Input<string>; provider: k8s.Provider };
  /** IAM roles, by ARN; they must exist. None: nobody but who may change things. */
  roleArns: readonly string[];
};

/** As which the roles' sessions appear in the cluster. */
export const READERS = 'readers';

const READ = ['get', 'list', 'watch'];

/** Every kind that a stack makes, and the pods that show their readiness. No secrets. */
export const READER_RULES: k8s.types.input.rbac.v1.PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps', 'endpoints', 'events', 'namespaces', 'pods', 'serviceaccounts', 'services'],
    verbs: READ,
  },
  {
    apiGroups: ['apps'],
    resources: ['controllerrevisions', 'daemonsets', 'deployments', 'replicasets', 'statefulsets'],
    verbs: READ,
  },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: READ },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: READ },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: READ },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterrolebindings', 'clusterroles', 'rolebindings', 'roles'],
    verbs: READ,
  },
];

/**
 * Lets roles look at what a stack has made in the cluster, and change nothing: previews on pull requests and
 * the search for drift, which would otherwise fail from the second update on.
 */
export class ClusterReaders extends pulumi.ComponentResource {
  constructor(name: string, args: ClusterReadersArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:ClusterReaders', name, {}, options);
    const { cluster } = args;
    for (const [index, roleArn] of args.roleArns.entries()) {
      new KubernetesAccess(`${name}-${index}`, { cluster, roleArn, groups: [READERS] }, { parent: this });
    }
    const child = { parent: this, provider: cluster.provider };
    const metadata = { name: READERS };
    const role = new k8s.rbac.v1.ClusterRole(`${name}-rights`, { metadata, rules: READER_RULES }, child);
    new k8s.rbac.v1.ClusterRoleBinding(
      `${name}-binding`,
      {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: READERS },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: READERS }],
      },
      { ...child, dependsOn: role },
    );
    this.registerOutputs({});
  }
}
