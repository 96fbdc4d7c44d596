export { KubernetesAccess, type KubernetesAccessArgs } from './access.ts';
export { KubernetesCluster, type KubernetesClusterArgs } from './cluster.ts';
export { kubeconfig, type ClusterAddress } from './kubeconfig.ts';
export { KubernetesNodeGroup, type KubernetesNodeGroupArgs, type NodeTaint } from './node-group.ts';
export { architectureOf, type Architecture } from './node-image.ts';
export { PodRole, type PodRoleArgs } from './pod-role.ts';
