import { createHash } from 'node:crypto';
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import { RESTRICTED_NAMESPACE } from '../../kubernetes/security.ts';
import { APPS, CONFIG_MAPS, NAMESPACE } from './names.ts';
import { networkPolicies } from './network-policies.ts';
import type { WorkerRoles } from './worker-roles.ts';

export type StorageNamespaceArgs = {
  cluster: Pick<KubernetesCluster, 'provider'>;
  /** Made before anything that runs here: a pod that starts without a role has none until it is replaced. */
  roles: WorkerRoles;
  /** The environment document, JSON; there is no secret in it. */
  environmentDocument: pulumi.Input<string>;
  /** The VPC's addresses. */
  cidr: string;
  databasePort: number;
};

/**
 * The namespace of the storage system: nothing runs in it but what the pod security standard `restricted`
 * lets in, and nobody talks to anybody without a policy that says so.
 */
export class StorageNamespace extends pulumi.ComponentResource {
  /** For what is made in the namespace: it exists, with its policies, accounts and environment. */
  readonly provider: k8s.Provider;
  /** Changes with the environment document. */
  readonly environmentDigest: pulumi.Output<string>;

  constructor(name: string, args: StorageNamespaceArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:StorageNamespace', name, {}, options);
    this.provider = args.cluster.provider;
    const root = { parent: this, provider: this.provider };
    const namespace = new k8s.core.v1.Namespace(
      `${name}-namespace`,
      { metadata: { name: NAMESPACE, labels: { ...RESTRICTED_NAMESPACE } } },
      { ...root, dependsOn: args.roles },
    );
    const child = { ...root, dependsOn: namespace };
    const named = (object: string) => ({ name: object, namespace: NAMESPACE });
    for (const [policy, spec] of Object.entries(networkPolicies(args))) {
      new k8s.networking.v1.NetworkPolicy(
        `${name}-${policy}-policy`,
        { metadata: named(policy), spec },
        child,
      );
    }
    for (const app of APPS) {
      new k8s.core.v1.ServiceAccount(
        `${name}-${app}-account`,
        { metadata: named(app), automountServiceAccountToken: false },
        child,
      );
    }
    new k8s.core.v1.ConfigMap(
      `${name}-environment`,
      { metadata: named(CONFIG_MAPS.environment), data: { 'environment.json': args.environmentDocument } },
      child,
    );
    this.environmentDigest = digestOf(args.environmentDocument);
    this.registerOutputs({ environmentDigest: this.environmentDigest });
  }
}

function digestOf(text: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.output(text).apply((value) => createHash('sha256').update(value).digest('hex').slice(0, 16));
}
