import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordParts } from '../../support/kubernetes-parts.ts';
import { KubernetesServer, type KubernetesObject } from '../../support/kubernetes.ts';

/** Who may do what through the cluster's API, as a real API server answers it. */
let server: KubernetesServer;
beforeAll(async () => {
  const [started, parts] = await Promise.all([KubernetesServer.start(), recordParts()]);
  server = started;
  const wanted = ['Namespace', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding', 'ServiceAccount'];
  for (const kind of wanted) {
    for (const { inputs } of parts.resources) {
      if (inputs['kind'] !== kind) continue;
      expect((await server.apply(inputs as KubernetesObject)).status).toBe(201);
    }
  }
});
afterAll(() => server.stop());

type Who = { user: string; groups: string[] };
const account = (namespace: string, name: string): Who => ({
  user: `system:serviceaccount:${namespace}:${name}`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
});
const STEPS: Who = { user: 'steps', groups: ['storage-steps', 'system:authenticated'] };
const COPY = account('storage', 'copy');
const AUTOSCALER = account('kube-system', 'cluster-autoscaler');

/** `verb group/resource/name namespace`, the name and the group left out where they do not matter. */
async function may(
  as: Who,
  verb: string,
  what: { group?: string; resource: string; name?: string; subresource?: string; namespace?: string },
): Promise<boolean> {
  const answer = await server.request<{ status: { allowed: boolean } }>(
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      as,
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, ...what } },
      },
    },
  );
  expect(answer.status).toBe(201);
  return answer.body.status.allowed;
}

const jobs = { group: 'batch', resource: 'jobs', namespace: 'storage' };
const config = (name: string) => ({ resource: 'configmaps', name, namespace: 'storage' });
const pods = { resource: 'pods', namespace: 'storage' };

it.each([
  ['the steps make Jobs', STEPS, 'create', jobs],
  ['the steps look at Jobs', STEPS, 'get', jobs],
  ['the steps let a Job go on', STEPS, 'patch', jobs],
  ['the steps take a Job away', STEPS, 'delete', jobs],
  ['the steps read the template of the copy', STEPS, 'get', config('copy-job')],
  ['the steps read the template of comparisons', STEPS, 'get', config('verify-job')],
  ['the steps ask which pods there are', STEPS, 'list', pods],
  [
    'the autoscaler empties nodes',
    AUTOSCALER,
    'create',
    { resource: 'pods', subresource: 'eviction', namespace: 'storage' },
  ],
  [
    'the autoscaler keeps its own lease',
    AUTOSCALER,
    'update',
    {
      group: 'coordination.k8s.io',
      resource: 'leases',
      name: 'cluster-autoscaler',
      namespace: 'kube-system',
    },
  ],
])('%s', async (_, who, verb, what) => {
  expect(await may(who, verb, what)).toBe(true);
});

it.each([
  ['the steps change a template', STEPS, 'update', config('copy-job')],
  ['the steps read another ConfigMap', STEPS, 'get', config('environment')],
  ['the steps make pods', STEPS, 'create', pods],
  ['the steps get into a pod', STEPS, 'create', { ...pods, subresource: 'exec' }],
  ['the steps read secrets', STEPS, 'get', { resource: 'secrets', namespace: 'storage' }],
  ['the steps make Jobs elsewhere', STEPS, 'create', { ...jobs, namespace: 'kube-system' }],
  ['the steps touch nodes', STEPS, 'delete', { resource: 'nodes' }],
  [
    'the steps give themselves rights',
    STEPS,
    'create',
    { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', namespace: 'storage' },
  ],
  ['the steps take pods away', STEPS, 'delete', pods],
  ['a worker of the copy asks which pods there are', COPY, 'list', pods],
  ['a worker of the copy reads secrets', COPY, 'get', { resource: 'secrets', namespace: 'storage' }],
  ['the autoscaler makes pods', AUTOSCALER, 'create', pods],
  ['the autoscaler reads secrets', AUTOSCALER, 'get', { resource: 'secrets', namespace: 'storage' }],
])('not: %s', async (_, who, verb, what) => {
  expect(await may(who, verb, what)).toBe(false);
});
