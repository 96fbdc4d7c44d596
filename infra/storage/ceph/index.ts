export { CephCluster, type CephClusterArgs } from './cluster.ts';
export { METRICS_NAMESPACE } from './names.ts';
