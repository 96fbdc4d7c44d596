import * as pulumi from '@pulumi/pulumi';
import { PodRole, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import { APPS, NAMESPACE, type App } from './names.ts';
import { rightsOf, type RightsOf } from './rights.ts';

export type WorkerRolesArgs = {
  cluster: Pick<KubernetesCluster, 'name' | 'arn'>;
  rights: RightsOf;
};

/**
 * A role on AWS for the pods of each app. Apart from the pods, because others need the roles (capture
 * must know our own writes) before the pods can be.
 */
export class WorkerRoles extends pulumi.ComponentResource {
  readonly roleArns: Readonly<Record<App, pulumi.Output<string>>>;
  /** `AROA…` of each: whose writes on S3 are ours. */
  readonly roleUniqueIds: Readonly<Record<App, pulumi.Output<string>>>;

  constructor(name: string, args: WorkerRolesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:WorkerRoles', name, {}, options);
    const roles = APPS.map((app): [App, PodRole] => [
      app,
      new PodRole(
        `${name}-${app}`,
        {
          cluster: args.cluster,
          namespace: NAMESPACE,
          serviceAccount: app,
          statements: rightsOf(app, args.rights),
        },
        { parent: this },
      ),
    ]);
    const each = (pick: (role: PodRole) => pulumi.Output<string>) =>
      Object.fromEntries(roles.map(([app, role]) => [app, pick(role)])) as Record<App, pulumi.Output<string>>;
    this.roleArns = each((role) => role.roleArn);
    this.roleUniqueIds = each((role) => role.roleUniqueId);
    this.registerOutputs({ roleArns: this.roleArns, roleUniqueIds: this.roleUniqueIds });
  }
}
