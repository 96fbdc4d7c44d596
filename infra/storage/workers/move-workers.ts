import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import { KubernetesAccess, type KubernetesCluster } from '../../foundation/kubernetes/index.ts';
import { allowTraffic, type Part } from '../../foundation/network/traffic.ts';
import type { Worker } from '../../phases/phase.ts';
import { EVENTS_NODE_PORT, EVENTS_POD_PORT } from '../events/index.ts';
import { deploymentOf, PLANS, type LongRunning } from './deployments.ts';
import { copyJob, verifyJob, type CopyNodeSettings } from './jobs.ts';
import { CONFIG_MAPS, GROUPS, labelsOf, NAMESPACE, PENDING_PORT, type App } from './names.ts';
import type { StorageNamespace } from './namespace.ts';
import { STEPS_RULES } from './rbac.ts';
import type { WorkerRoles } from './worker-roles.ts';

export type MoveWorkersArgs = {
  cluster: KubernetesCluster;
  /** The cluster's name in the account, for alarms. */
  clusterName: string;
  namespace: StorageNamespace;
  /** This repository's image, by digest. */
  image: pulumi.Input<string>;
  /** Which run in the phase that the move is in: `workersOf(phase)`. The others have no pod. */
  wanted: readonly Worker[];
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
  alarms: AlarmTopic;
};

/**
 * The migration's workers on Kubernetes: those that run for as long as a phase wants them, the templates of
 * the Jobs that steps make, and what each of them may do. All that a phase changes is a number of pods.
 */
export class MoveWorkers extends pulumi.ComponentResource {
  constructor(name: string, args: MoveWorkersArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:MoveWorkers', name, {}, options);
    if (!(Number.isInteger(args.syncWorkers) && args.syncWorkers >= 1)) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'syncWorkers',
        reason: `must be a whole number of at least 1, got ${args.syncWorkers}`,
      });
    }
    this.#traffic(name, args);
    this.#access(name, args);
    this.#templates(name, args);
    for (const app of Object.keys(PLANS) as LongRunning[]) this.#deployment(name, app, args);
    this.#service(name, 'pending', args, { ports: [{ port: PENDING_PORT, targetPort: PENDING_PORT }] });
    this.#service(name, 'events', args, {
      type: 'NodePort',
      // Every node leads to any receiver: the load balancer learns too late that one has left its node.
      externalTrafficPolicy: 'Cluster',
      ports: [{ port: EVENTS_POD_PORT, targetPort: EVENTS_POD_PORT, nodePort: EVENTS_NODE_PORT }],
    });
    this.registerOutputs({});
  }

  #traffic(name: string, { cluster, reach, steps }: MoveWorkersArgs): void {
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
  #access(name: string, { cluster, namespace, steps, roles }: MoveWorkersArgs): void {
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

  #templates(name: string, args: MoveWorkersArgs): void {
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

  #deployment(name: string, app: LongRunning, args: MoveWorkersArgs): void {
    const { namespace } = args;
    const metadata = { name: app, namespace: NAMESPACE };
    const child = { parent: this, provider: namespace.provider, dependsOn: namespace };
    const spec = deploymentOf(app, { ...args, environmentDigest: namespace.environmentDigest });
    new k8s.apps.v1.Deployment(`${name}-${app}`, { metadata, spec }, child);
    if (PLANS[app].replicas > 1) {
      new k8s.policy.v1.PodDisruptionBudget(
        `${name}-${app}-budget`,
        { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: labelsOf(app) } } },
        child,
      );
    }
    alarm(
      `${name}-${app}-missing`,
      {
        topic: args.alarms,
        description: `${LOST[app]} Look at: kubectl -n ${NAMESPACE} get pods -l app=${app}, and at their logs.`,
        metric: {
          namespace: 'ContainerInsights',
          name: 'status_replicas_unavailable',
          dimensions: { ClusterName: args.clusterName, Namespace: NAMESPACE, PodName: app },
          statistic: 'Minimum',
          periodSeconds: 300,
        },
        above: 0,
        forPeriods: 2,
        missing: 'notBreaching',
      },
      { parent: this },
    );
  }

  #service(
    name: string,
    app: App,
    { namespace }: MoveWorkersArgs,
    spec: k8s.types.input.core.v1.ServiceSpec,
  ): void {
    new k8s.core.v1.Service(
      `${name}-${app}-service`,
      { metadata: { name: app, namespace: NAMESPACE }, spec: { selector: labelsOf(app), ...spec } },
      { parent: this, provider: namespace.provider, dependsOn: namespace },
    );
  }
}

/** What is late or lost while pods of an app are missing. */
const LOST: Record<LongRunning, string> = {
  replay: 'Changes on S3 reach Ceph late: the lag grows, and a cutover is refused.',
  pending: 'Keys that are on S3 alone are answered with 503, and writes of them are refused.',
  'hold-watch': 'A hold whose holder dies would not be ended: clients would wait with their writes.',
  pulse: 'No canary is written: whether capture works is not known.',
  events:
    'Nobody receives what Ceph tells of its objects; it waits in RGW, which refuses writes when its queue is full.',
};
