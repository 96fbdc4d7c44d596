import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAMESPACE } from '../../../infra/storage/workers/index.ts';
import { instantiate } from '../../../scripts/platform/kubernetes/job.ts';
import { recordParts } from '../../support/kubernetes-parts.ts';
import { KubernetesServer, type KubernetesObject } from '../../support/kubernetes.ts';

/**
 * Everything that we put into a cluster is applied to a real API server, which knows every field of its
 * version and refuses what it does not know.
 */
let server: KubernetesServer;
let objects: KubernetesObject[];

beforeAll(async () => {
  const [started, parts] = await Promise.all([KubernetesServer.start(), recordParts()]);
  server = started;
  objects = parts.resources
    .filter(({ type }) => type.startsWith('kubernetes:'))
    .map(({ inputs }) => inputs as KubernetesObject)
    // What others live in comes first, as `dependsOn` has it.
    .sort((a, b) => Number(b.kind === 'Namespace') - Number(a.kind === 'Namespace'));
});
afterAll(() => server.stop());

const nameOf = ({ kind, metadata }: KubernetesObject) => `${kind} ${metadata.name}`;

describe('every object of the stacks', () => {
  it('is one of these kinds', () => {
    const kinds = Map.groupBy(objects, ({ kind }) => kind);
    expect(Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length]))).toMatchInlineSnapshot(`
      {
        "ClusterRole": 2,
        "ClusterRoleBinding": 2,
        "ConfigMap": 4,
        "DaemonSet": 1,
        "Deployment": 6,
        "HorizontalPodAutoscaler": 1,
        "Namespace": 1,
        "NetworkPolicy": 10,
        "PodDisruptionBudget": 5,
        "Role": 2,
        "RoleBinding": 2,
        "Service": 4,
        "ServiceAccount": 9,
        "StatefulSet": 1,
      }
    `);
  });

  it('is applied with strict validation, and within the pod security standard', async () => {
    const trouble: string[] = [];
    for (const object of objects) {
      const { status, body, warnings } = await server.apply(object);
      if (status !== 201) trouble.push(`${nameOf(object)}: ${status} ${JSON.stringify(body)}`);
      trouble.push(...warnings.map((warning) => `${nameOf(object)}: ${warning}`));
    }
    expect(trouble).toEqual([]);
  });

  it('is the same after it was applied again', async () => {
    const changed: string[] = [];
    for (const object of objects) {
      const before = await server.request('GET', await server.pathOf(object));
      const after = await server.apply(object);
      expect(after.status).toBe(200);
      const version = (answer: typeof before) => answer.body.metadata['resourceVersion'];
      if (version(before) !== version(after)) changed.push(nameOf(object));
    }
    expect(changed).toEqual([]);
  });

  it('would be refused with a field that Kubernetes does not have', async () => {
    const [deployment] = objects.filter(({ kind }) => kind === 'Deployment');
    const answer = await server.apply({
      ...deployment,
      spec: { ...(deployment?.['spec'] as object), replica: 1 },
    } as KubernetesObject);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).toContain('.spec.replica: field not declared in schema');
  });

  it('in the namespace may not be a pod that asks for more than it is given', async () => {
    const answer = await server.request('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, {
      body: {
        metadata: { name: 'root' },
        spec: { serviceAccountName: 'copy', containers: [{ name: 'root', image: 'busybox' }] },
      },
    });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(answer.body)).toContain('violates PodSecurity \\"restricted:latest\\"');
  });
});

describe('what the steps make', () => {
  const template = (name: string) => {
    const found = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
    return (found?.['data'] as Record<string, string>)['job.json'] ?? '';
  };
  const steps = {
    user: 'arn:aws:sts::111122223333:assumed-role/steps/session',
    groups: ['storage-steps', 'system:authenticated'],
  };

  it.each([
    ['copy-job', 'copy', 'run-7'],
    ['verify-job', 'verify', 'retain-3'],
    ['verify-job', 'containment', 'retire-4'],
  ] as const)('of the template %s is a Job that Kubernetes takes from them: %s', async (name, work, run) => {
    const job = instantiate(template(name), { work, run, namespace: NAMESPACE });
    const answer = await server.request(
      'POST',
      `/apis/batch/v1/namespaces/${NAMESPACE}/jobs?fieldValidation=Strict`,
      { body: job, as: steps },
    );
    expect(answer).toMatchObject({ status: 201, warnings: [] });
    expect(answer.body.metadata.name).toBe(`${work}-${run}`);
  });

  it('works on as many indexes as there are workers, each with failures of its own', async () => {
    const { body } = await server.request('GET', `/apis/batch/v1/namespaces/${NAMESPACE}/jobs/copy-run-7`);
    expect(body['spec']).toMatchObject({
      completionMode: 'Indexed',
      completions: 100,
      parallelism: 100,
      backoffLimitPerIndex: 20,
      podReplacementPolicy: 'Failed',
      suspend: false,
    });
    expect(body['spec']).not.toHaveProperty('activeDeadlineSeconds');
  });
});

/** As the API server answers whom we gave an account or a group. */
describe('who may do what', () => {
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
});
