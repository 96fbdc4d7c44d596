import type * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { RESTRICTED_CONTAINER } from '../../kubernetes/security.ts';
import { labelsOf } from '../workers/names.ts';
import {
  MIGRATE_MOUNTS,
  MIGRATE_VOLUMES,
  migrateContainer,
  overZones,
  podTemplate,
  type Container,
} from '../workers/pod.ts';
import { DRAINING_FILE, FOLDERS } from './configuration.ts';
import { CACHE_TIER_PORTS } from './ports.ts';

/** The nodes of the cache tier: one Nginx on each, and nothing else. */
export const CACHE_NODES = {
  labels: { role: 'cache' },
  taint: { key: 'storage/cache', value: 'true', effect: 'NO_SCHEDULE' },
} as const;

/** Also the name of the ConfigMap, the StatefulSet and the Service. */
export const CACHE_TIER = 'cache-tier';
const LABELS = labelsOf(CACHE_TIER);

/** The load balancer takes a node out after two checks, 5 s apart; a node that leaves serves until then. */
const LEAVE_SECONDS = 20;

export type CacheTierPods = {
  image: pulumi.Input<string>;
  /** Pods at first; from then on as many as the load asks for. */
  replicas: number;
  node: { vcpus: number; memoryGiB: number };
  requestSeconds: number;
};

export function statefulSetSpec(args: CacheTierPods): k8s.types.input.apps.v1.StatefulSetSpec {
  return {
    serviceName: `${CACHE_TIER}-pods`,
    replicas: args.replicas,
    selector: { matchLabels: LABELS },
    // Pods know nothing of each other.
    podManagementPolicy: 'Parallel',
    updateStrategy: { type: 'RollingUpdate' },
    template: podTemplate(CACHE_TIER, {
      nodeSelector: CACHE_NODES.labels,
      tolerations: [{ key: CACHE_NODES.taint.key, operator: 'Exists', effect: 'NoSchedule' }],
      topologySpreadConstraints: [overZones(CACHE_TIER)],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: LABELS }, topologyKey: 'kubernetes.io/hostname' },
          ],
        },
      },
      // The follower signals Nginx, and sees its processes.
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: LEAVE_SECONDS + args.requestSeconds + 10,
      // Beside Nginx from before its start until after its end.
      initContainers: [follower(args)],
      containers: [nginx(args)],
      volumes: [
        ...MIGRATE_VOLUMES,
        { name: 'configuration', configMap: { name: CACHE_TIER } },
        { name: 'run', emptyDir: { medium: 'Memory', sizeLimit: '16Mi' } },
        { name: 'cache', emptyDir: {} },
      ],
    }),
  };
}

/** Both see all three: the follower tests a configuration with what it names. */
const MOUNTS = [
  { name: 'configuration', mountPath: FOLDERS.configuration, readOnly: true },
  { name: 'run', mountPath: FOLDERS.run },
  { name: 'cache', mountPath: FOLDERS.cache },
];

function follower({ image }: CacheTierPods): Container {
  const probe = (path: string) => ({ httpGet: { path, port: CACHE_TIER_PORTS.turned } });
  const container = migrateContainer({
    name: 'follow',
    image,
    words: [
      ...['cache-tier', 'follow', '--configuration', `${FOLDERS.configuration}/nginx.conf`],
      ...['--folder', FOLDERS.run, '--nginx', `http://127.0.0.1:${CACHE_TIER_PORTS.nginx}`],
      ...['--port', String(CACHE_TIER_PORTS.turned)],
    ],
    cpu: '100m',
    memory: '256Mi',
  });
  return {
    ...container,
    restartPolicy: 'Always',
    ports: [{ name: 'turned', containerPort: CACHE_TIER_PORTS.turned }],
    volumeMounts: [...MIGRATE_MOUNTS, ...MOUNTS],
    // Nginx starts when there is an origin to start with: never by a guess.
    startupProbe: { ...probe('/ready'), periodSeconds: 1, failureThreshold: 300 },
    livenessProbe: { ...probe('/alive'), periodSeconds: 10, failureThreshold: 3 },
  };
}

function nginx({ image, node }: CacheTierPods): Container {
  const origin = { httpGet: { path: '/_origin', port: CACHE_TIER_PORTS.nginx } };
  const gibibytes = Math.max(1, Math.floor(node.memoryGiB * 0.7));
  return {
    name: 'nginx',
    image,
    command: ['/bin/sh', '-c', START],
    ports: [{ name: 'http', containerPort: CACHE_TIER_PORTS.nginx }],
    // Half of the node: one of its kind to a node, and room for what every node runs.
    resources: {
      requests: { cpu: String(node.vcpus / 2), memory: `${Math.max(1, Math.floor(gibibytes / 2))}Gi` },
      limits: { memory: `${gibibytes}Gi` },
    },
    volumeMounts: MOUNTS,
    securityContext: RESTRICTED_CONTAINER,
    readinessProbe: { ...origin, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 },
    livenessProbe: { tcpSocket: { port: CACHE_TIER_PORTS.nginx }, periodSeconds: 10, failureThreshold: 6 },
    lifecycle: { preStop: { exec: { command: ['/bin/sh', '-c', LEAVE] } } },
  };
}

const PID_FILE = `${FOLDERS.run}/nginx.pid`;
const START = `rm -f ${DRAINING_FILE}; exec /usr/sbin/nginx -c ${FOLDERS.run}/nginx.conf -e stderr`;
/** First the health check fails, then the listening ends, then the last answer. */
const LEAVE =
  `touch ${DRAINING_FILE}; sleep ${LEAVE_SECONDS}; master=$(cat ${PID_FILE}); kill -QUIT "$master"; ` +
  'while kill -0 "$master" 2>/dev/null; do sleep 1; done';

/** The node's port leads to the Nginx on that node, and is closed where there is none. */
export function nodePortSpec(): k8s.types.input.core.v1.ServiceSpec {
  const { nginx: port, node } = CACHE_TIER_PORTS;
  return {
    type: 'NodePort',
    externalTrafficPolicy: 'Local',
    selector: LABELS,
    ports: [{ name: 'http', port, targetPort: port, nodePort: node }],
  };
}

/** Names for the pods, which a StatefulSet wants. */
export function podNamesSpec(): k8s.types.input.core.v1.ServiceSpec {
  return { clusterIP: 'None', selector: LABELS, ports: [{ name: 'http', port: CACHE_TIER_PORTS.nginx }] };
}

/** More pods, and with them nodes, while they work hard; fewer only slowly, because a pod's cache goes with it. */
export function autoscalerSpec(bounds: {
  minimum: number;
  maximum: number;
}): k8s.types.input.autoscaling.v2.HorizontalPodAutoscalerSpec {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: CACHE_TIER },
    minReplicas: bounds.minimum,
    maxReplicas: bounds.maximum,
    metrics: [
      {
        type: 'ContainerResource',
        containerResource: {
          name: 'cpu',
          container: 'nginx',
          target: { type: 'Utilization', averageUtilization: 70 },
        },
      },
    ],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 60, policies: [{ type: 'Pods', value: 2, periodSeconds: 120 }] },
      scaleDown: {
        stabilizationWindowSeconds: 1800,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 600 }],
      },
    },
  };
}
