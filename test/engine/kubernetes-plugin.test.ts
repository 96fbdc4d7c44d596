import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { APPLY_VARIABLE } from '../../scripts/tools/stand-ins/kubernetes/provider.ts';
import { KubernetesServer } from '../support/kubernetes.ts';
import { recordingProject, type RecordingProject } from '../support/recording-project.ts';

/** The recording plugin for Kubernetes, driven by the real engine, and with a real API server behind it. */

let all: RecordingProject;
beforeAll(async () => {
  all = await recordingProject();
});
afterAll(() => all.project.remove());
afterEach(() => {
  vi.unstubAllEnvs();
});

type Parts = {
  mutable?: boolean;
  text?: string;
  replicas?: number;
  label?: string;
  storage?: string;
  more?: string;
};

function program({
  mutable = false,
  text = 'one',
  replicas = 2,
  label = 'a',
  storage = '1Gi',
  more = '',
}: Parts = {}) {
  return `const provider = new k8s.Provider('k8s', { kubeconfig: process.env['TEST_KUBECONFIG'] ?? '{}', namespace: 'storage', enableConfigMapMutable: ${mutable} });
const o = { provider };
const namespace = new k8s.core.v1.Namespace('storage', { metadata: { name: 'storage' } }, o);
const within = { provider, dependsOn: [namespace] };
const settings = new k8s.core.v1.ConfigMap('settings', { data: { text: '${text}' } }, within);
const set = new k8s.apps.v1.StatefulSet('cache', { metadata: { name: 'cache' }, spec: { replicas: ${replicas}, serviceName: 'cache',
  selector: { matchLabels: { app: '${label}' } },
  template: { metadata: { labels: { app: '${label}' } }, spec: { containers: [{ name: 'nginx', image: 'nginx', envFrom: [{ configMapRef: { name: settings.metadata.name } }] }] } },
  volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '${storage}' } } } }] } }, within);
export const names = [settings.metadata.name, settings.id, set.id, namespace.id];
${more}`;
}

const steps = async (parts: Parts, ...args: string[]) =>
  (await all.preview(program(parts), ...args))
    .filter(({ op }) => op !== 'refresh')
    .map(({ name, op, diff }) => [name, op, diff]);

describe('recorded alone', () => {
  it('makes, changes in place, replaces what cannot be changed, finds drift, and removes', async () => {
    await all.up(program());
    const { names } = (await all.project.outputs()) as { names: string[] };
    expect(names).toEqual([
      expect.stringMatching(/^settings-[0-9a-f]{8}$/),
      `storage/${names[0]}`,
      'storage/cache',
      'storage',
    ]);
    expect(await steps({ replicas: 3 })).toEqual([['cache', 'update', ['spec.replicas']]]);
    expect(await steps({ storage: '2Gi' })).toEqual([
      ['cache', 'replace', ['spec.volumeClaimTemplates[0].spec.resources.requests.storage']],
    ]);
    // A changed ConfigMap is another one by default, so whatever names it is rolled out again.
    expect(await steps({ text: 'two' })).toEqual([
      ['cache', 'update', ['spec.template.spec.containers[0].envFrom[0].configMapRef.name']],
      ['settings', 'replace', ['data.text']],
    ]);
    await all.up(program({ text: 'two' }));
    await all.tamper('cache', (live) => {
      (live['spec'] as { replicas: number }).replicas = 7;
    });
    expect(await steps({ text: 'two' }, '--refresh')).toEqual([['cache', 'update', ['spec.replicas']]]);
    await all.up(program({ text: 'two' }), '--refresh');
    expect(await steps({ text: 'two' }, '--refresh')).toEqual([]);
    const { exitCode, output } = await all.project.pulumi('destroy', '--yes', '--skip-preview');
    expect(exitCode, output).toBe(0);
    expect(await all.recorded()).toEqual([]);
  });

  it('changes a ConfigMap in place where the provider says so', async () => {
    await all.up(program({ mutable: true }));
    expect(await steps({ mutable: true, text: 'two' })).toEqual([['settings', 'update', ['data.text']]]);
  });

  it('refuses fields and kinds that there are not', async () => {
    const bad = `new k8s.core.v1.Service('bad', { spec: { ports: [{ prt: 80 } as never] } }, o);`;
    const output = await all.failing(program({ mutable: true, more: bad }), 'preview');
    expect(output).toContain('spec.ports[0] of kubernetes:core/v1:Service needs "port"; given were: prt.');
    expect(output).toContain(
      'spec.ports[0] of kubernetes:core/v1:Service has no "prt" (given: 80); it has: appProtocol,',
    );
    const chart = `new k8s.helm.v3.Release('chart', { chart: 'nginx' }, o);`;
    expect(await all.failing(program({ mutable: true, more: chart }), 'preview')).toContain(
      'has no kubernetes:helm.sh/v3:Release that can be applied as one object',
    );
  });
});

describe('applied', () => {
  let server: KubernetesServer;
  beforeAll(async () => {
    server = await KubernetesServer.start();
  });
  afterAll(() => server.stop());

  it('an API server has it, with strict fields, sees drift, and has it removed', async () => {
    const cluster = {
      server: server.url,
      'certificate-authority-data': Buffer.from(server.certificateAuthority).toString('base64'),
    };
    const kubeconfig = {
      'current-context': 'test',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token: server.token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    };
    vi.stubEnv(APPLY_VARIABLE, 'apply');
    vi.stubEnv('TEST_KUBECONFIG', JSON.stringify(kubeconfig));
    const project = await recordingProject();
    try {
      await project.up(program());
      const path = '/apis/apps/v1/namespaces/storage/statefulsets/cache';
      const found = await server.request<{ spec: { replicas: number }; metadata: { uid: string } }>(
        'GET',
        path,
      );
      expect([found.status, found.body.spec.replicas]).toEqual([200, 2]);
      const preview = async (parts: Parts) =>
        (await project.preview(program(parts), '--refresh'))
          .filter(({ op }) => op !== 'refresh')
          .map(({ name, op, diff }) => [name, op, diff]);
      expect(await preview({}), 'what the server fills in is no drift').toEqual([]);
      await server.request('PATCH', path, {
        body: { spec: { replicas: 9 } },
        contentType: 'application/merge-patch+json',
      });
      expect(await preview({})).toEqual([['cache', 'update', ['spec.replicas']]]);
      await project.up(program({ replicas: 3 }), '--refresh');
      const after = await server.request<typeof found.body>('GET', path);
      expect([after.body.spec.replicas, after.body.metadata.uid]).toEqual([3, found.body.metadata.uid]);
      // The server knows more than the declarations: a preview asks it.
      expect(
        await project.failing(
          program({
            replicas: 3,
            more: `new k8s.core.v1.Service('bad', { metadata: { name: 'bad' }, spec: { ports: [{ port: 70000 }] } }, within);`,
          }),
          'preview',
        ),
      ).toContain('must be between 1 and 65535');
      const { exitCode, output } = await project.project.pulumi('destroy', '--yes', '--skip-preview');
      expect(exitCode, output).toBe(0);
      expect((await server.request('GET', path)).body.metadata?.['deletionTimestamp'] ?? 'gone').toBeTruthy();
    } finally {
      await project.project.remove();
    }
  });
});
