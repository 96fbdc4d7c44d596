export { CopyNodes, type CopyNodesArgs } from './copy-nodes.ts';
export { GpuNodes, type GpuNodesArgs } from './gpu-nodes.ts';
export { MoveAccess, type MoveAccessArgs } from './move-access.ts';
export { MoveWorkers, type MoveWorkersArgs } from './move-workers.ts';
export { CONFIG_MAPS, NAMESPACE, PENDING_URL } from './names.ts';
export { StorageNamespace, type StorageNamespaceArgs } from './namespace.ts';
export type { RightsOf } from './rights.ts';
export { WorkerRoles, type WorkerRolesArgs } from './worker-roles.ts';
