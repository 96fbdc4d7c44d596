import type * as k8s from '@pulumi/kubernetes';
import { instanceType } from '../ceph/plan/storage-nodes.ts';
import { labelsOf, type App } from './names.ts';
import { migrateContainer, MIGRATE_VOLUMES, podTemplate } from './pod.ts';

type JobSpec = k8s.types.input.batch.v1.JobSpec;

/** A Job as a step makes it: the text of a ConfigMap's key `job.json`; the step adds its name. */
export type JobTemplate = {
  apiVersion: 'batch/v1';
  kind: 'Job';
  metadata: { labels: { app: App } };
  spec: JobSpec;
};

/** The group of nodes for the copy, and what keeps other pods off them. */
export const COPY_NODES = {
  labels: { role: 'copy' },
  taint: { key: 'storage/copy', value: 'true', effect: 'NO_SCHEDULE' },
} as const;

/** What the copy may take of Kubernetes' nodes. */
export type CopyNodeSettings = {
  /** Several of about one size: spot then has more to choose from. */
  instanceTypes: readonly [string, ...string[]];
  /** The most nodes at once; workers that find no place wait. */
  maximum: number;
};

/** Of a node's processors, for what every node runs: the kubelet, network, proxy, identities, logs and figures. */
const RESERVED_MILLICORES = 600;

/**
 * How many workers share a node: as few as the nodes allow, because a node's network is what they run into
 * first (docs/scale.md), and never more than it has processors, because each works on one thread.
 */
export function copyWorkersPerNode(workers: number, { instanceTypes, maximum }: CopyNodeSettings): number {
  return Math.min(Math.ceil(workers / maximum), leastProcessors(instanceTypes));
}

/** What each worker asks for, in thousandths of a processor, so that no more of them come to one node. */
export function copyMillicores(workers: number, nodes: CopyNodeSettings): number {
  const free = leastProcessors(nodes.instanceTypes) * 1000 - RESERVED_MILLICORES;
  return Math.floor(free / copyWorkersPerNode(workers, nodes));
}

function leastProcessors(instanceTypes: readonly string[]): number {
  return Math.min(...instanceTypes.map((name) => instanceType(name).vcpus));
}

/** Exit codes of `migrate` (scripts/contract/errors.ts; 143: scripts/cli/commands/sync.ts). */
const EXIT = { differs: 1, wrongUse: 2, toldToStop: 143 };
/** A spot node is taken away with two minutes' notice. */
const MOST_GRACE_SECONDS = 110;
const DAY_SECONDS = 86_400;

export type JobArgs = {
  image: string;
  /** The longest that one request may take: a worker that is stopped ends after those under way. */
  requestSeconds: number;
};

/**
 * The bulk copy: one index a worker, each of which claims shard after shard until none is open. So an index
 * names a worker and no share of the keys, and a slow or lost worker holds up nobody.
 *
 * A pod that is taken away (spot, drained node) or stopped does not count as a failure and is replaced;
 * one that ends by itself is tried again, ever later, twenty times (about two hours: the time to mend
 * a store); what is wrong for one, a wrong environment, is wrong for all and ends the Job. It has no
 * deadline: 200 TB take as long as they take.
 */
export function copyJob(args: JobArgs & { workers: number; nodes: CopyNodeSettings }): JobTemplate {
  const { image, requestSeconds, workers } = args;
  const cpu = `${copyMillicores(workers, args.nodes)}m`;
  return job('copy', {
    completionMode: 'Indexed',
    completions: workers,
    parallelism: workers,
    backoffLimitPerIndex: 20,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        {
          action: 'Ignore',
          onExitCodes: { containerName: 'copy', operator: 'In', values: [EXIT.toldToStop] },
        },
        {
          action: 'FailJob',
          onExitCodes: { containerName: 'copy', operator: 'In', values: [EXIT.wrongUse] },
        },
      ],
    },
    ttlSecondsAfterFinished: 3 * DAY_SECONDS,
    template: podTemplate(
      'copy',
      {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: Math.min(requestSeconds + 10, MOST_GRACE_SECONDS),
        nodeSelector: COPY_NODES.labels,
        tolerations: [{ key: COPY_NODES.taint.key, operator: 'Exists', effect: 'NoSchedule' }],
        containers: [
          migrateContainer({
            name: 'copy',
            image,
            words: ['sync', 'worker'],
            cpu,
            memory: '512Mi',
            // Kubernetes tells a pod its index, and not of how many.
            variables: { MIGRATE_WORKERS: String(workers) },
          }),
        ],
        volumes: MIGRATE_VOLUMES,
      },
      STAYS_PUT,
    ),
  });
}

/** A comparison of both sides, of all moves, in one pod; its findings are in the ledger. */
export function verifyJob({ image, requestSeconds }: JobArgs): JobTemplate {
  return job('verify', {
    backoffLimit: 6,
    podReplacementPolicy: 'Failed',
    podFailurePolicy: {
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        {
          // A difference stays one however often it is looked at.
          action: 'FailJob',
          onExitCodes: { containerName: 'verify', operator: 'In', values: [EXIT.differs, EXIT.wrongUse] },
        },
      ],
    },
    ttlSecondsAfterFinished: 3 * DAY_SECONDS,
    template: podTemplate(
      'verify',
      {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: Math.min(requestSeconds + 10, MOST_GRACE_SECONDS),
        nodeSelector: { role: 'system' },
        containers: [
          migrateContainer({ name: 'verify', image, words: ['verify', 'job'], cpu: '500m', memory: '768Mi' }),
        ],
        volumes: MIGRATE_VOLUMES,
      },
      STAYS_PUT,
    ),
  });
}

/** The autoscaler does not empty a node on which it runs. */
const STAYS_PUT = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' };

function job(app: App, spec: JobSpec): JobTemplate {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { labels: labelsOf(app) }, spec };
}
