import type * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import type { Worker } from '../../../scripts/contract/phases.ts';
import { EVENTS_POD_PORT } from '../events/index.ts';
import { labelsOf, PENDING_PORT, type App } from './names.ts';
import { migrateContainer, MIGRATE_VOLUMES, podTemplate, spreadOut, type Container } from './pod.ts';

type DeploymentSpec = k8s.types.input.apps.v1.DeploymentSpec;

/** The apps that run as Deployments. */
export type LongRunning = Extract<App, 'replay' | 'pending' | 'hold-watch' | 'heartbeat' | 'events'>;

type Plan = {
  words: readonly string[];
  /** Pods while it is wanted. */
  replicas: number;
  cpu: string;
  memory: string;
  /** Ready when it is open: while the ledger is away callers get "not now" instead of no answer. */
  port?: number;
  /** How long it goes on listening after SIGTERM, so that nobody is sent to a closed port. Default 0. */
  leaveSeconds?: number;
  /** Never two at once, not even while one replaces the other. */
  alone?: boolean;
};

/** How many of each and with what room. */
export const PLANS: Record<LongRunning, Plan> = {
  // Claims share out the keys; two nodes may fail one at a time.
  replay: { words: ['replay', '--follow', '--concurrency', '32'], replicas: 2, cpu: '500m', memory: '512Mi' },
  pending: {
    words: ['pending', 'serve', '--listen', `http://0.0.0.0:${PENDING_PORT}`],
    replicas: 2,
    cpu: '250m',
    memory: '512Mi',
    port: PENDING_PORT,
  },
  // The first one ends a hold that its holder left; a lock lets only one work.
  'hold-watch': { words: ['hold', 'watch'], replicas: 2, cpu: '100m', memory: '256Mi' },
  // Two would write each canary twice.
  heartbeat: { words: ['capture', 'heartbeat'], replicas: 1, cpu: '100m', memory: '256Mi', alone: true },
  // A closed port can end RGW's delivery for good: nodes and load balancer must have let go of it before.
  events: {
    words: ['events', 'serve'],
    replicas: 2,
    cpu: '250m',
    memory: '384Mi',
    port: EVENTS_POD_PORT,
    leaveSeconds: 20,
  },
};

/** Whether an app runs while the move is in a phase that wants these workers. */
export function isWanted(app: LongRunning, wanted: readonly Worker[]): boolean {
  switch (app) {
    case 'events':
      // Ceph tells of its objects before, during and after the move.
      return true;
    case 'heartbeat':
      // On AWS the capture itself is a Lambda; this keeps its canary going.
      return wanted.includes('capture');
    case 'replay':
    case 'pending':
    case 'hold-watch':
      return wanted.includes(app);
  }
}

export type DeploymentArgs = {
  image: pulumi.Input<string>;
  wanted: readonly Worker[];
  /** Changes with the environment document, so that pods restart. */
  environmentDigest: pulumi.Input<string>;
  requestSeconds: number;
};

export function deploymentOf(app: LongRunning, args: DeploymentArgs): DeploymentSpec {
  const plan = PLANS[app];
  const { leaveSeconds = 0 } = plan;
  const container: Container = {
    ...migrateContainer({ name: app, image: args.image, ...plan }),
    ...(plan.port !== undefined && listening(plan.port)),
    ...(leaveSeconds > 0 && { lifecycle: { preStop: { sleep: { seconds: leaveSeconds } } } }),
  };
  return {
    replicas: isWanted(app, args.wanted) ? plan.replicas : 0,
    selector: { matchLabels: labelsOf(app) },
    strategy:
      plan.alone === true
        ? { type: 'Recreate' }
        : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
    template: podTemplate(
      app,
      {
        terminationGracePeriodSeconds: leaveSeconds + args.requestSeconds + 10,
        nodeSelector: { role: 'system' },
        topologySpreadConstraints: spreadOut(app),
        containers: [container],
        volumes: MIGRATE_VOLUMES,
      },
      { 'storage/environment': args.environmentDigest },
    ),
  };
}

function listening(port: number): Partial<Container> {
  const tcpSocket = { port };
  return {
    ports: [{ name: 'http', containerPort: port }],
    startupProbe: { tcpSocket, periodSeconds: 2, failureThreshold: 30 },
    readinessProbe: { tcpSocket, periodSeconds: 5 },
    livenessProbe: { tcpSocket, periodSeconds: 10, failureThreshold: 6 },
  };
}
