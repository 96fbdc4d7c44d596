import { isListed } from '../recording/changes.ts';
import type { Wire } from '../recording/provider.ts';

/**
 * Fields that the API server does not let anybody change, so that another object has to take the place of
 * the one that stands
 * (https://github.com/pulumi/pulumi-kubernetes/blob/v4.34.2/provider/pkg/provider/force_new.go).
 */
const IMMUTABLE: Record<string, readonly string[]> = {
  'apps/v1/DaemonSet': ['spec.selector'],
  'apps/v1/Deployment': ['spec.selector'],
  'apps/v1/StatefulSet': [
    'spec.podManagementPolicy',
    'spec.revisionHistoryLimit',
    'spec.selector',
    'spec.serviceName',
    'spec.volumeClaimTemplates',
  ],
  'batch/v1/Job': ['spec.completions', 'spec.parallelism', 'spec.selector', 'spec.template'],
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': ['roleRef'],
  'rbac.authorization.k8s.io/v1/RoleBinding': ['roleRef'],
  'storage.k8s.io/v1/StorageClass': ['parameters', 'provisioner'],
  'v1/PersistentVolume': ['spec.awsElasticBlockStore', 'spec.csi', 'spec.hostPath', 'spec.local', 'spec.nfs'],
  'v1/PersistentVolumeClaim': [
    'spec.accessModes',
    'spec.selector',
    'spec.storageClassName',
    'spec.volumeName',
  ],
  'v1/Pod': ['spec'],
  'v1/ResourceQuota': ['spec.scopes'],
  'v1/Secret': ['type'],
  'v1/Service': ['spec.clusterIP'],
};

const EVERYWHERE = ['metadata.name', 'metadata.namespace', 'apiVersion', 'kind'];

/** Whether ConfigMaps and Secrets are changed in place; by default another takes their place. */
export type Mutable = { configMaps: boolean; secrets: boolean };

/** Whether a change of that path takes another object. */
export function replaces(object: Wire, path: string, mutable: Mutable): boolean {
  const kind = `${text(object['apiVersion'])}/${text(object['kind'])}`;
  return isListed(path, [...EVERYWHERE, ...(IMMUTABLE[kind] ?? []), ...contents(kind, object, mutable)]);
}

function contents(kind: string, object: Wire, mutable: Mutable): string[] {
  const isFixed = object['immutable'] === true;
  if (kind === 'v1/ConfigMap' && (isFixed || !mutable.configMaps)) return ['binaryData', 'data'];
  if (kind === 'v1/Secret' && (isFixed || !mutable.secrets)) return ['stringData', 'data'];
  return [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
