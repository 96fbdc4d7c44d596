import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { Worker } from '../../../scripts/contract/phases.ts';
import { deploymentOf, PLANS, type LongRunning } from './deployments.ts';
import { labelsOf, NAMESPACE } from './names.ts';
import type { StorageNamespace } from './namespace.ts';

export type MoveWorkersArgs = {
  /** The cluster's name in the account, for alarms. */
  clusterName: string;
  namespace: StorageNamespace;
  /** This repository's image, by digest. */
  image: pulumi.Input<string>;
  /** Which run in the phase that the move is in: `workersOf(phase)`. The others have no pod. */
  wanted: readonly Worker[];
  /** The longest that any one request may take, in seconds. */
  requestSeconds: number;
  alarms: AlarmTopic;
};

/**
 * The migration's workers on Kubernetes that run for as long as a phase wants them. All that a phase changes
 * is a number of pods.
 */
export class MoveWorkers extends pulumi.ComponentResource {
  constructor(name: string, args: MoveWorkersArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:workers:MoveWorkers', name, {}, options);
    for (const app of Object.keys(PLANS) as LongRunning[]) this.#deployment(name, app, args);
    this.registerOutputs({});
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
}

/** What is late or lost while pods of an app are missing. */
const LOST: Record<LongRunning, string> = {
  replay: 'Changes on S3 reach Ceph late: the lag grows, and a cutover is refused.',
  pending: 'Keys that are on S3 alone are answered with 503, and writes of them are refused.',
  'hold-watch': 'A hold whose holder dies would not be ended: clients would wait with their writes.',
  heartbeat: 'No canary is written: whether capture works is not known.',
  events:
    'Nobody receives what Ceph tells of its objects; it waits in RGW, which refuses writes when its queue is full.',
};
