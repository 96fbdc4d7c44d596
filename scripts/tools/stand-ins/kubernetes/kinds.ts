import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Sdk, type ResourceDeclaration } from '../declarations/sdk.ts';

const folder = path.resolve(import.meta.dirname, '../../../../node_modules/@pulumi/kubernetes');

/** What @pulumi/kubernetes, as installed, declares. */
export const sdk = new Sdk(folder);

/** Kinds that belong to the cluster; all others belong to a namespace. */
const OF_THE_CLUSTER = new Set([
  'APIService',
  'CSIDriver',
  'CertificateSigningRequest',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'FlowSchema',
  'IngressClass',
  'MutatingWebhookConfiguration',
  'Namespace',
  'Node',
  'PersistentVolume',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'RuntimeClass',
  'StorageClass',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
  'VolumeAttachment',
]);

export function isOfTheCluster(kind: string): boolean {
  return OF_THE_CLUSTER.has(kind);
}

/**
 * Of `kubernetes:apps/v1:Deployment`; null where the SDK has no such type. Custom resources, whose groups the
 * SDK does not know, declare nothing.
 */
export function declarationOf(type: string): ResourceDeclaration | null {
  const [, group = '', version = '', kind = ''] = /^kubernetes:([\w.-]+)\/(\w+):(\w+)$/.exec(type) ?? [];
  // `rbac.authorization.k8s.io` lies in the folder `rbac`.
  const within = path.join(group.split('.', 1)[0] ?? '', version);
  const file = declarationFiles(within).find((name) => name.toLowerCase() === `${kind}.d.ts`.toLowerCase());
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

function declarationFiles(within: string): string[] {
  try {
    return readdirSync(path.join(folder, within));
  } catch {
    return [];
  }
}
