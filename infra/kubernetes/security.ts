import type * as k8s from '@pulumi/kubernetes';

/** Who pods run as: the user `storage` of the image, without a name in the node. */
export const POD_USER = 10001;

/** What the pod security standard `restricted` asks of a pod; one of ours never needs more. */
export const RESTRICTED_POD = {
  runAsNonRoot: true,
  runAsUser: POD_USER,
  runAsGroup: POD_USER,
  fsGroup: POD_USER,
  seccompProfile: { type: 'RuntimeDefault' },
} satisfies k8s.types.input.core.v1.PodSecurityContext;

/** The same of a container. Its own files cannot be changed: what it writes goes to mounted volumes. */
export const RESTRICTED_CONTAINER = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} satisfies k8s.types.input.core.v1.SecurityContext;

/** Labels of a namespace in which nothing but `restricted` pods is let in. */
export const RESTRICTED_NAMESPACE = {
  'pod-security.kubernetes.io/enforce': 'restricted',
  'pod-security.kubernetes.io/enforce-version': 'latest',
  'pod-security.kubernetes.io/warn': 'restricted',
} as const;
