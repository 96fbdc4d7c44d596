import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isListed } from '../changes.ts';
import { Sdk, type Declaration } from '../declarations.ts';
import type { Wire } from '../wire.ts';

/** What @pulumi/kubernetes, as installed, declares. */
export const sdk = new Sdk('@pulumi/kubernetes');

/** Kinds that belong to the cluster; all others belong to a namespace. */
const OF_THE_CLUSTER = new Set(
  `APIService CSIDriver CertificateSigningRequest ClusterRole ClusterRoleBinding CustomResourceDefinition
  FlowSchema IngressClass MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass
  PriorityLevelConfiguration RuntimeClass StorageClass ValidatingAdmissionPolicy
  ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment`.split(/\s+/),
);

export function isOfTheCluster(kind: string): boolean {
  return OF_THE_CLUSTER.has(kind);
}

/**
 * Of `kubernetes:apps/v1:Deployment`; null where the SDK has no such type. Custom resources, whose groups the
 * SDK does not know, declare nothing.
 */
export function declarationOf(type: string): Declaration | null {
  const [, group = '', version = '', kind = ''] = /^kubernetes:([\w.-]+)\/(\w+):(\w+)$/.exec(type) ?? [];
  // `rbac.authorization.k8s.io` is in the folder `rbac`.
  const within = path.join(group.split('.', 1)[0] ?? '', version);
  const folder = path.join(sdk.folder, within);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const file = files.find((name) => name.toLowerCase() === `${kind}.d.ts`.toLowerCase());
  return file === undefined ? null : sdk.resource(path.join(within, file.replace(/\.d\.ts$/, '')), kind);
}

/** What the real plugin expands into many objects, by programs of its own. */
export function isMany(type: string): boolean {
  return /^kubernetes:(helm|kustomize|yaml)\b/.test(type);
}

/** Whether a type's group is not one of Kubernetes' own. */
export function isCustom(type: string): boolean {
  const group = /^kubernetes:([\w.-]+)\//.exec(type)?.[1] ?? '';
  return group.includes('.') && !group.endsWith('.k8s.io');
}

/**
 * Fields that the API server does not let anybody change, so that another object has to take this one's place
 * (https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/force_new.go).
 */
const IMMUTABLE: Record<string, string> = {
  'apps/v1/DaemonSet': 'spec.selector',
  'apps/v1/Deployment': 'spec.selector',
  'apps/v1/StatefulSet': `spec.podManagementPolicy spec.revisionHistoryLimit spec.selector spec.serviceName
    spec.volumeClaimTemplates`,
  'batch/v1/Job': 'spec.completions spec.parallelism spec.selector spec.template',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': 'roleRef',
  'rbac.authorization.k8s.io/v1/RoleBinding': 'roleRef',
  'storage.k8s.io/v1/StorageClass': 'parameters provisioner',
  'v1/PersistentVolume': 'spec.awsElasticBlockStore spec.csi spec.hostPath spec.local spec.nfs',
  'v1/PersistentVolumeClaim': 'spec.accessModes spec.selector spec.storageClassName spec.volumeName',
  'v1/Pod': 'spec',
  'v1/ResourceQuota': 'spec.scopes',
  'v1/Secret': 'type',
  'v1/Service': 'spec.clusterIP',
};

/** Whether ConfigMaps and Secrets are changed in place; by default another takes their place. */
export type Mutable = { configMaps: boolean; secrets: boolean };

/** Whether a change of that path takes another object. */
export function replaces(object: Wire, path: string, mutable: Mutable): boolean {
  const kind = `${String(object['apiVersion'])}/${String(object['kind'])}`;
  const isFixed = object['immutable'] === true;
  return isListed(path, [
    ...['metadata.name', 'metadata.namespace', 'apiVersion', 'kind'],
    ...(IMMUTABLE[kind]?.split(/\s+/) ?? []),
    ...(kind === 'v1/ConfigMap' && (isFixed || !mutable.configMaps) ? ['binaryData', 'data'] : []),
    ...(kind === 'v1/Secret' && (isFixed || !mutable.secrets) ? ['stringData', 'data'] : []),
  ]);
}
