import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { KubernetesAccess, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import { allowTraffic, type Part } from '../../foundation/network/traffic.ts';
import { EVENTS_NODE_PORT, EVENTS_POD_PORT } from '../events/index.ts';
import { copyJob, verifyJob, type CopyNodeSettings } from './jobs.ts';
import { CONFIG_MAPS, GROUPS, labelsOf, NAMESPACE, PENDING_PORT, type App } from './names.ts';
import type { StorageNamespace } from './namespace.ts';
import { STEPS_RULES } from './rbac.ts';
import type { WorkerRoles } from './worker-roles.ts';

export type MoveAccessArgs = {
  cluster: KubernetesCluster;
  namespace: StorageNamespace;
  /** This repository's image, by digest. */
  image: pulumi.Input<string>;
  /** Workers of the bulk copy, once a step has started it. */
  syncWorkers: number;
  /** The nodes that they share evenly. */
  copyNodes: CopyNodeSettings;
  /** The longest that any one request may take, in seconds. */
  requestSeconds: number;
  roles: Pick<WorkerRoles, 'roleArns'>;
  /** Whom the pods reach: the database and the load balancers of both Ceph clusters. */
  reach: readonly { to: Part; port: number }[];
  /** The function of the steps: makes Jobs through the cluster's API. */
  steps: { roleArn: pulumi.Input<string>; securityGroupId: pulumi.Input<string> };
};

/**
 * What the steps of a move work with on Kubernetes: their way to the cluster's API and their rights there,
 * the templates of the Jobs that they make, and the addresses of pods. It is the same in every phase and
is made before the gate, so that an update can mend what makes a gate refuse.
 */
export class MoveAccess extends pulumi.ComponentResource {
  constructor(name: string, args: MoveAccessArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:MoveAccess', name, {}, options);
    if (!(Number.isInteger(args.syncWorkers) && args.syncWorkers >= 1)) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'syncWorkers',
        reason: `must be a whole number of at least 1, got ${args.syncWorkers}`,
      });
    }
    this.#traffic(name, args);
    this.#access(name, args);
    this.#templates(name, args);
    this.#service(name, 'pending', args, { ports: [{ port: PENDING_PORT, targetPort: PENDING_PORT }] });
    this.#service(name, 'events', args, {
      type: 'NodePort',
      // Every node leads to any receiver: the load balancer learns too late that one has left its node.
      externalTrafficPolicy: 'Cluster',
      ports: [{ port: EVENTS_POD_PORT, targetPort: EVENTS_POD_PORT, nodePort: EVENTS_NODE_PORT }],
    });
    this.registerOutputs({});
  }

  #traffic(name: string, { cluster, reach, steps }: MoveAccessArgs): void {
    const child = { parent: this };
    const nodes: Part = { name: 'nodes', group: cluster.securityGroupId };
    for (const { to, port } of reach) {
      allowTraffic(
        `${name}-to-${to.name.replaceAll(' ', '-')}`,
        { from: nodes, to, ports: port, why: 'workers of the move and the cache tier' },
        child,
      );
    }
    const from: Part = { name: 'steps', group: steps.securityGroupId };
    const api: Part = { name: 'control-plane', group: cluster.controlPlaneSecurityGroupId };
    allowTraffic(`${name}-steps-api`, { from, to: api, ports: 443, why: 'steps make Jobs' }, child);
  }

  /** What the steps and the hold's watch may do through the cluster's API, and nothing else. */
  #access(name: string, { cluster, namespace, steps, roles }: MoveAccessArgs): void {
    const child = { parent: this, provider: namespace.provider, dependsOn: namespace };
    const group = GROUPS.steps;
    for (const [who, roleArn] of Object.entries({
      steps: steps.roleArn,
      watch: roles.roleArns['hold-watch'],
    })) {
      new KubernetesAccess(`${name}-${who}-access`, { cluster, roleArn, groups: [group] }, { parent: this });
    }
    const metadata = { name: group, namespace: NAMESPACE };
    const role = new k8s.rbac.v1.Role(`${name}-steps-rights`, { metadata, rules: STEPS_RULES }, child);
    new k8s.rbac.v1.RoleBinding(
      `${name}-steps-binding`,
      {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: group },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }],
      },
      { ...child, dependsOn: [namespace, role] },
    );
  }

  #templates(name: string, args: MoveAccessArgs): void {
    const { namespace, image, requestSeconds, syncWorkers: workers, copyNodes: nodes } = args;
    const templates = {
      [CONFIG_MAPS.copyJob]: (resolved: string) =>
        copyJob({ image: resolved, requestSeconds, workers, nodes }),
      [CONFIG_MAPS.verifyJob]: (resolved: string) => verifyJob({ image: resolved, requestSeconds }),
    };
    for (const [configMap, template] of Object.entries(templates)) {
      new k8s.core.v1.ConfigMap(
        `${name}-${configMap}`,
        {
          metadata: { name: configMap, namespace: NAMESPACE },
          data: {
            'job.json': pulumi.output(image).apply((resolved) => JSON.stringify(template(resolved), null, 2)),
          },
        },
        { parent: this, provider: namespace.provider, dependsOn: namespace },
      );
    }
  }

  #service(
    name: string,
    app: App,
    { namespace }: MoveAccessArgs,
    spec: k8s.types.input.core.v1.ServiceSpec,
  ): void {
    new k8s.core.v1.Service(
      `${name}-${app}-service`,
      { metadata: { name: app, namespace: NAMESPACE }, spec: { selector: labelsOf(app), ...spec } },
      { parent: this, provider: namespace.provider, dependsOn: namespace },
    );
  }
}
