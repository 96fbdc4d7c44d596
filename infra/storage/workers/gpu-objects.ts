import type * as k8s from '@pulumi/kubernetes';

export const DEVICE_PLUGIN = { name: 'nvidia-device-plugin', namespace: 'kube-system' } as const;

/** The second tells the autoscaler that a node of a group without nodes would bring a GPU. */
export const GPU_LABELS = { role: 'gpu', 'k8s.amazonaws.com/accelerator': 'nvidia-tesla-t4' } as const;
/** Keeps everything else off nodes that cost ten times as much. */
export const GPU_TAINT = { key: 'nvidia.com/gpu', value: 'present', effect: 'NO_SCHEDULE' } as const;

/** Of NVIDIA's own registry, which ECR's pull-through cache has no rule for: nodes pull it through NAT. */
const IMAGE = 'nvcr.io/nvidia/k8s-device-plugin:v0.17.4';

/**
 * Tells the kubelet of a node's GPUs, without which no pod can ask for one. The node's image brings the
 * driver and the container toolkit, and not this
 * (https://docs.aws.amazon.com/eks/latest/userguide/ml-eks-k8s-device-plugin.html).
 */
export function devicePluginSpec(): k8s.types.input.apps.v1.DaemonSetSpec {
  const labels = { app: DEVICE_PLUGIN.name };
  const folder = '/var/lib/kubelet/device-plugins';
  return {
    selector: { matchLabels: labels },
    updateStrategy: { type: 'RollingUpdate' },
    template: {
      metadata: { labels },
      spec: {
        priorityClassName: 'system-node-critical',
        automountServiceAccountToken: false,
        securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
        nodeSelector: { role: GPU_LABELS.role },
        tolerations: [{ key: GPU_TAINT.key, operator: 'Exists', effect: 'NoSchedule' }],
        containers: [
          {
            name: 'device-plugin',
            image: IMAGE,
            env: [{ name: 'FAIL_ON_INIT_ERROR', value: 'false' }],
            resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } },
            // Root, because the kubelet's folder is root's; nothing more.
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            volumeMounts: [{ name: 'device-plugins', mountPath: folder }],
          },
        ],
        volumes: [{ name: 'device-plugins', hostPath: { path: folder, type: 'Directory' } }],
      },
    },
  };
}
