/** Names in the cluster that others refer to. */
export const NAMESPACE = 'storage';

/** What runs in the namespace: the name of its objects, its service account and its label `app`. */
export const APPS = [
  'copy',
  'verify',
  'replay',
  'pending',
  'hold-watch',
  'heartbeat',
  'events',
  'cache-tier',
] as const;
export type App = (typeof APPS)[number];

/** ConfigMaps: the environment document, and the Jobs that steps make of templates. */
export const CONFIG_MAPS = {
  environment: 'environment',
  copyJob: 'copy-job',
  verifyJob: 'verify-job',
} as const;

export const PENDING_PORT = 7401;
/** What Nginx and the environment document know the pending list by. */
export const PENDING_URL = `http://pending.${NAMESPACE}.svc.cluster.local:${PENDING_PORT}`;

/** Groups of the cluster's RBAC, by what their members may do. */
export const GROUPS = { steps: 'storage-steps' } as const;

export function labelsOf(app: App): { app: App } {
  return { app };
}
