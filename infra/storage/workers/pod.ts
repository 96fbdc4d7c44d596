import type * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { RESTRICTED_CONTAINER, RESTRICTED_POD } from '../../kubernetes/security.ts';
import { CONFIG_MAPS, type App } from './names.ts';

export type PodSpec = k8s.types.input.core.v1.PodSpec;
export type Container = k8s.types.input.core.v1.Container;
type PodTemplate = k8s.types.input.core.v1.PodTemplateSpec;

/** Where the environment document lies in every pod. */
const ENVIRONMENT_FOLDER = '/etc/storage';

/** What a container of `migrate` needs: words of its command line, and room. */
export type MigrateContainer = {
  name: string;
  image: pulumi.Input<string>;
  /** For example `['replay', '--follow']`. */
  words: readonly string[];
  /** Kubernetes' own notation: `500m`. It may take more while a node has it. */
  cpu: string;
  /** Asked for and not to be exceeded: `512Mi`. */
  memory: string;
  /** Variables beside those that every container has. */
  variables?: Readonly<Record<string, string>>;
};

/** A container that runs `migrate`; its file system cannot be written but for /tmp. */
export function migrateContainer(args: MigrateContainer): Container & { name: string } {
  return {
    name: args.name,
    image: args.image,
    args: [...args.words],
    env: [
      { name: 'MIGRATE_ENVIRONMENT', value: `${ENVIRONMENT_FOLDER}/environment.json` },
      // See scripts/local/parts/workers.ts, where it was measured.
      { name: 'NODE_OPTIONS', value: '--max-semi-space-size=4' },
      ...Object.entries(args.variables ?? {}).map(([name, value]) => ({ name, value })),
    ],
    resources: { requests: { cpu: args.cpu, memory: args.memory }, limits: { memory: args.memory } },
    volumeMounts: MIGRATE_MOUNTS,
    securityContext: RESTRICTED_CONTAINER,
  };
}

export const MIGRATE_MOUNTS = [
  { name: 'environment', mountPath: ENVIRONMENT_FOLDER, readOnly: true },
  { name: 'tmp', mountPath: '/tmp' },
] satisfies k8s.types.input.core.v1.VolumeMount[];

/** The volumes that `migrateContainer` mounts. */
export const MIGRATE_VOLUMES = [
  { name: 'environment', configMap: { name: CONFIG_MAPS.environment } },
  { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
] satisfies k8s.types.input.core.v1.Volume[];

/** A pod of one app: its AWS rights come by its service account, and it has none in the cluster. */
export function podTemplate(
  app: App,
  spec: Omit<PodSpec, 'serviceAccountName' | 'securityContext' | 'automountServiceAccountToken'>,
  annotations?: Record<string, pulumi.Input<string>>,
): PodTemplate {
  return {
    metadata: { labels: { app }, ...(annotations !== undefined && { annotations }) },
    spec: {
      serviceAccountName: app,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: RESTRICTED_POD,
      ...spec,
    },
  };
}

type Spread = k8s.types.input.core.v1.TopologySpreadConstraint;

/** As many pods in one zone as in another, as far as there are nodes. */
export function overZones(app: App): Spread {
  return evenly(app, 'topology.kubernetes.io/zone');
}

/** The same of nodes, too. */
export function spreadOut(app: App): Spread[] {
  return [overZones(app), evenly(app, 'kubernetes.io/hostname')];
}

function evenly(app: App, topologyKey: string): Spread {
  return {
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: { app } },
  };
}
