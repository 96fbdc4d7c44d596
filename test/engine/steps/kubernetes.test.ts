import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { originAnswer } from '../../../scripts/contract/nginx-origin.ts';
import { copyJob, verifyJob } from '../../../infra/storage/workers/jobs.ts';
import { CONFIG_MAPS, NAMESPACE } from '../../../infra/storage/workers/names.ts';
import { STEPS_RULES } from '../../../infra/storage/workers/rbac.ts';
import { turnPods } from '../../../scripts/platform/nginx/turn-pods.ts';
import { KubernetesApi } from '../../../scripts/platform/kubernetes/kubernetes-api.ts';
import { kubernetesWorkers } from '../../../scripts/platform/kubernetes/workers.ts';
import type { Workers } from '../../../scripts/platform/long-work.ts';
import { KubernetesServer, type KubernetesObject } from '../../support/kubernetes.ts';

const IMAGE = `storage@sha256:${'a'.repeat(64)}`;
const JOBS = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;

let server: KubernetesServer;
/** The steps' own rights, and no more: what the stack gives them. */
let api: KubernetesApi;
let workers: Workers;

function apiWith(token: string): KubernetesApi {
  const cluster = {
    name: 'a test',
    region: 'us-east-1',
    endpoint: server.url,
    certificateAuthority: Buffer.from(server.certificateAuthority).toString('base64'),
  };
  return new KubernetesApi(cluster, { token: () => Promise.resolve(token), firstPauseMilliseconds: 10 });
}

async function apply(object: KubernetesObject): Promise<void> {
  const { status, body } = await server.apply(object);
  if (status > 201) throw new Error(JSON.stringify(body));
}

beforeAll(async () => {
  server = await KubernetesServer.start();
  const inNamespace = (name: string) => ({ name, namespace: NAMESPACE });
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: inNamespace('steps') });
  await apply({ ...rbac, kind: 'Role', metadata: inNamespace('steps'), rules: STEPS_RULES });
  await apply({
    ...rbac,
    kind: 'RoleBinding',
    metadata: inNamespace('steps'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'steps' },
    subjects: [{ kind: 'ServiceAccount', ...inNamespace('steps') }],
  });
  const templates = {
    [CONFIG_MAPS.copyJob]: copyJob({
      image: IMAGE,
      requestSeconds: 60,
      workers: 4,
      nodes: { instanceTypes: ['c7g.large'], maximum: 4 },
    }),
    [CONFIG_MAPS.verifyJob]: verifyJob({ image: IMAGE, requestSeconds: 60 }),
  };
  for (const [name, job] of Object.entries(templates)) {
    const data = { 'job.json': JSON.stringify(job) };
    await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: inNamespace(name), data });
  }
  const { body } = await server.request<{ status: { token: string } }>(
    'POST',
    `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/steps/token`,
    { body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} } },
  );
  api = apiWith(body.status.token);
  workers = kubernetesWorkers(api, {
    namespace: NAMESPACE,
    copyJobTemplate: CONFIG_MAPS.copyJob,
    verifyJobTemplate: CONFIG_MAPS.verifyJob,
  });
});
afterAll(async () => {
  await api.close();
  await server.stop();
});

type StandingJob = KubernetesObject & {
  metadata: { uid: string; finalizers?: string[]; deletionTimestamp?: string };
  spec: { completions: number; suspend: boolean; template: { spec: { containers: { env: object[] }[] } } };
};
const jobOf = async (name: string) => (await server.request<StandingJob>('GET', `${JOBS}/${name}`)).body;

/** What Kubernetes' own controller would write; there is none here. */
async function say(name: string, conditions: { type: string; status: string }[]): Promise<void> {
  const now = new Date().toISOString();
  const ended = conditions.some(({ type }) => type === 'Complete') ? { completionTime: now } : {};
  const stamped = conditions.map((each) => ({ ...each, lastTransitionTime: now, lastProbeTime: now }));
  const { status, body } = await server.request('PATCH', `${JOBS}/${name}/status`, {
    body: { status: { startTime: now, ...ended, conditions: stamped } },
    contentType: 'application/merge-patch+json',
  });
  if (status !== 200) throw new Error(JSON.stringify(body));
}

/** The garbage collector's part: what is deleted in the foreground goes when nothing holds it any more. */
async function collect(name: string): Promise<void> {
  for (;;) {
    const job = await jobOf(name);
    if (job.metadata.deletionTimestamp !== undefined) {
      await server.request('PATCH', `${JOBS}/${name}`, {
        body: { metadata: { finalizers: null } },
        contentType: 'application/merge-patch+json',
      });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('long work as Jobs', () => {
  it('is made of the template, once a run', async () => {
    expect(await workers.state('copy', '1-2')).toBe('none');
    await workers.start('copy', '1-2');
    const first = await jobOf('copy-1-2');
    expect(first.spec.completions).toBe(4);
    expect(first.metadata.labels).toMatchObject({ app: 'copy', 'storage/work': 'copy' });
    expect(await workers.state('copy', '1-2')).toBe('running');
    await workers.start('copy', '1-2');
    expect((await jobOf('copy-1-2')).metadata.uid).toBe(first.metadata.uid);
    await workers.start('copy', '3-4');
    expect((await jobOf('copy-3-4')).metadata.uid).not.toBe(first.metadata.uid);
  });

  it('is made once where two ask at the same time', async () => {
    await Promise.all([workers.start('copy', '5'), workers.start('copy', '5')]);
    expect(await workers.state('copy', '5')).toBe('running');
  });

  it('tells each comparison which one it is', async () => {
    await workers.start('verify', '1');
    await workers.start('containment', '1');
    const told = async (name: string) => (await jobOf(name)).spec.template.spec.containers[0]?.env;
    expect(await told('verify-1')).toContainEqual({ name: 'MIGRATE_VERIFY_KIND', value: 'now' });
    expect(await told('containment-1')).toContainEqual({ name: 'MIGRATE_VERIFY_KIND', value: 'containment' });
  });

  it('begins again where it had failed, once the failed one is gone', async () => {
    await workers.start('copy', '6');
    const before = (await jobOf('copy-6')).metadata.uid;
    await say('copy-6', [
      { type: 'FailureTarget', status: 'True' },
      { type: 'Failed', status: 'True' },
    ]);
    expect(await workers.state('copy', '6')).toBe('failed');
    const [, again] = await Promise.all([collect('copy-6'), workers.start('copy', '6')]);
    expect(again).toBeUndefined();
    expect((await jobOf('copy-6')).metadata.uid).not.toBe(before);
    expect(await workers.state('copy', '6')).toBe('running');
  });

  it('is seen to have ended', async () => {
    await workers.start('verify', '7');
    await say('verify-7', [
      { type: 'SuccessCriteriaMet', status: 'True' },
      { type: 'Complete', status: 'True' },
    ]);
    expect(await workers.state('verify', '7')).toBe('ended');
  });

  it('goes on where somebody has put it to sleep', async () => {
    await workers.start('copy', '8');
    await server.request('PATCH', `${JOBS}/copy-8`, {
      body: { spec: { suspend: true } },
      contentType: 'application/merge-patch+json',
    });
    expect(await workers.state('copy', '8')).toBe('stopped');
    await workers.start('copy', '8');
    expect((await jobOf('copy-8')).spec.suspend).toBe(false);
  });

  it('says what is missing', async () => {
    const none = kubernetesWorkers(api, {
      namespace: NAMESPACE,
      copyJobTemplate: CONFIG_MAPS.verifyJob,
      verifyJobTemplate: 'no-such-template',
    });
    // The steps may read the two templates and no other ConfigMap.
    await expect(none.start('verify', '9')).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining('answered 403 to GET') as string,
    });
    const admin = kubernetesWorkers(apiWith(server.token), {
      namespace: NAMESPACE,
      copyJobTemplate: 'no-such-template',
      verifyJobTemplate: 'no-such-template',
    });
    await expect(admin.start('verify', '9')).rejects.toThrow(
      'There is no ConfigMap no-such-template with a key job.json in the namespace storage',
    );
  });

  it('says who is not let in, and who does not answer', async () => {
    const stranger = apiWith('not a token');
    await expect(stranger.get(JOBS)).rejects.toThrow(/answered 401 to GET .*access entry/);
    const nobody = new KubernetesApi(
      {
        name: 'none',
        region: 'us-east-1',
        endpoint: 'https://127.0.0.1:9',
        certificateAuthority: Buffer.from(server.certificateAuthority).toString('base64'),
      },
      { token: () => Promise.resolve('x'), firstPauseMilliseconds: 1 },
    );
    await expect(nobody.get(JOBS)).rejects.toMatchObject({ status: 0, exitCode: 3 });
    await Promise.all([stranger.close(), nobody.close()]);
  });

  it('trusts only the cluster’s own authority', async () => {
    const other = new KubernetesApi(
      { name: 'x', region: 'us-east-1', endpoint: server.url, certificateAuthority: '' },
      { token: () => Promise.resolve(server.token), firstPauseMilliseconds: 1 },
    );
    await expect(other.get(JOBS)).rejects.toThrow('does not answer');
    await other.close();
  });
});

describe('the turn of a fleet of pods', () => {
  const settings = { order: 'ceph-then-pending', epoch: 7n } as const;
  const answers = new Map<string, string>();
  const servers: Server[] = [];
  let port = 0;

  /** What a pod's sidecar says; each has an address of its own on loopback. */
  async function listen(address: string): Promise<void> {
    const listening = createServer((request, response) => {
      const answer = answers.get(address);
      if (request.url !== '/_origin' || answer === undefined) return void response.writeHead(503).end();
      response.end(answer);
    });
    listening.listen(port, address);
    await once(listening, 'listening');
    port = (listening.address() as AddressInfo).port;
    servers.push(listening);
  }

  async function pod(name: string, address: string, ready: boolean): Promise<void> {
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: NAMESPACE, labels: { app: 'cache-tier' } },
      spec: { containers: [{ name: 'nginx', image: IMAGE }], automountServiceAccountToken: false },
    });
    const { status, body } = await server.request('PATCH', `${PODS}/${name}/status`, {
      body: {
        status: {
          podIP: address,
          podIPs: [{ ip: address }],
          conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
        },
      },
      contentType: 'application/merge-patch+json',
    });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  const turn = (limitSeconds: number) =>
    turnPods(api, { namespace: NAMESPACE, selector: 'app=cache-tier', port }, settings, limitSeconds);

  beforeAll(async () => {
    // Pods of a namespace have a service account, which a controller would make.
    await apply({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace: NAMESPACE },
    });
    await listen('127.0.0.11');
    await listen('127.0.0.12');
  });
  beforeEach(() => {
    answers.set('127.0.0.11', originAnswer(settings));
    answers.set('127.0.0.12', originAnswer(settings));
  });
  afterEach(async () => {
    const { body } = await server.request<{ items: KubernetesObject[] }>('GET', PODS);
    for (const { metadata } of body.items) {
      await server.request('DELETE', `${PODS}/${metadata.name}?gracePeriodSeconds=0`);
    }
  });
  afterAll(async () => {
    for (const each of servers) {
      each.closeAllConnections();
      each.close();
      await once(each, 'close');
    }
  });

  it('is done when every ready pod says so', async () => {
    await pod('one', '127.0.0.11', true);
    await pod('two', '127.0.0.12', true);
    await expect(turn(5)).resolves.toBeUndefined();
  });

  it('waits for the one that is behind', async () => {
    answers.set('127.0.0.12', originAnswer({ ...settings, epoch: 6n }));
    await pod('one', '127.0.0.11', true);
    await pod('two', '127.0.0.12', true);
    let done = false;
    const turning = turn(10).then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(done).toBe(false);
    answers.set('127.0.0.12', originAnswer(settings));
    await turning;
  });

  it('fails loudly where one stays behind, and names it', async () => {
    answers.set('127.0.0.12', originAnswer({ ...settings, order: 's3' }));
    await pod('one', '127.0.0.11', true);
    await pod('two', '127.0.0.12', true);
    await expect(turn(0.5)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/\(ceph-then-pending, epoch 7\).*two says .*"s3"/) as string,
    });
  });

  it('asks none that takes no requests, and one that does not answer is not taken for turned', async () => {
    await pod('one', '127.0.0.11', true);
    await pod('starting', '127.0.0.99', false);
    await expect(turn(5)).resolves.toBeUndefined();
    await pod('lost', '127.0.0.98', true);
    await expect(turn(0.5)).rejects.toThrow(/lost at 127\.0\.0\.98 does not answer/);
  });

  it('is not done where there is no pod', async () => {
    await expect(turn(0.5)).rejects.toThrow('no pod is ready');
  });
});
