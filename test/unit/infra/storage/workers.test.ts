import { beforeAll, describe, expect, it } from 'vitest';
import type { PHASES } from '../../../../scripts/contract/phases.ts';
import { workersIn } from '../../../../scripts/contract/phases.ts';
import { deploymentOf, PLANS, type LongRunning } from '../../../../infra/storage/workers/deployments.ts';
import {
  copyJob,
  copyMillicores,
  copyWorkersPerNode,
  verifyJob,
} from '../../../../infra/storage/workers/jobs.ts';
import { APPS, type App } from '../../../../infra/storage/workers/names.ts';
import { networkPolicies } from '../../../../infra/storage/workers/network-policies.ts';
import { IMAGE, recordParts, type Parts } from '../../../support/kubernetes-parts.ts';
import type { RecordedProgram } from '../../../support/recorded.ts';

let parts: RecordedProgram<Parts>;
beforeAll(async () => {
  parts = await recordParts({ phase: 'copy' });
}, 60_000);

describe('what runs in a phase', () => {
  const replicas = (phase: (typeof PHASES)[number]) =>
    Object.fromEntries(
      (Object.keys(PLANS) as LongRunning[]).map((app) => [
        app,
        deploymentOf(app, {
          image: 'i',
          wanted: workersIn(phase),
          environmentDigest: 'd',
          requestSeconds: 60,
        }).replicas,
      ]),
    );
  it.each([
    ['prepare', { replay: 0, pending: 2, 'hold-watch': 2, heartbeat: 1, events: 2 }],
    ['copy', { replay: 2, pending: 2, 'hold-watch': 2, heartbeat: 1, events: 2 }],
    ['cutover', { replay: 2, pending: 2, 'hold-watch': 2, heartbeat: 1, events: 2 }],
    ['retain', { replay: 2, pending: 2, 'hold-watch': 2, heartbeat: 1, events: 2 }],
    ['retire', { replay: 0, pending: 2, 'hold-watch': 2, heartbeat: 1, events: 2 }],
    ['done', { replay: 0, pending: 0, 'hold-watch': 0, heartbeat: 0, events: 2 }],
  ] as const)('%s', (phase, expected) => {
    expect(replicas(phase)).toEqual(expected);
  });

  it('is all that a phase changes', async () => {
    const retire = await recordParts({ phase: 'retire' });
    const changed = parts.resources.filter(
      ({ type, name, inputs }) => JSON.stringify(retire.find(type, name).inputs) !== JSON.stringify(inputs),
    );
    expect(changed.map(({ name }) => name)).toEqual(['workers-replay']);
  });
});

describe('the Job of the copy', () => {
  const nodes = { instanceTypes: ['c7i.4xlarge', 'm7i.4xlarge'], maximum: 13 } as const;
  const { spec } = copyJob({ image: 'i@sha256:1', requestSeconds: 60, workers: 100, nodes });
  it('takes a pod that was taken away or told to stop for none that failed', () => {
    expect(spec).toMatchObject({
      podReplacementPolicy: 'Failed',
      podFailurePolicy: {
        rules: [
          { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          { action: 'Ignore', onExitCodes: { containerName: 'copy', operator: 'In', values: [143] } },
          { action: 'FailJob', onExitCodes: { containerName: 'copy', operator: 'In', values: [2] } },
        ],
      },
    });
  });
  it('runs on spot nodes of its own, where the autoscaler leaves it alone', () => {
    expect(spec.template).toMatchObject({
      metadata: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } },
      spec: {
        serviceAccountName: 'copy',
        nodeSelector: { role: 'copy' },
        tolerations: [{ key: 'storage/copy', operator: 'Exists', effect: 'NoSchedule' }],
        containers: [{ image: 'i@sha256:1', args: ['sync', 'worker'] }],
      },
    });
  });
  it('tells each worker of how many it is one, so that it takes shards of its own first', () => {
    const env: unknown = expect.arrayContaining([{ name: 'MIGRATE_WORKERS', value: '100' }]);
    expect(spec.template).toMatchObject({ spec: { containers: [{ env }] } });
  });
  it('shares its nodes evenly: 100 workers on 13 of 16 processors are 8 a node, and a ninth finds no room', () => {
    expect(spec.template).toMatchObject({
      spec: { containers: [{ resources: { requests: { cpu: '1925m', memory: '512Mi' } } }] },
    });
  });
  it.each([
    { workers: 100, nodes, perNode: 8, millicores: 1925 },
    { workers: 1, nodes, perNode: 1, millicores: 15_400 },
    { workers: 13, nodes, perNode: 1, millicores: 15_400 },
    { workers: 14, nodes, perNode: 2, millicores: 7700 },
    // The rehearsal's.
    { workers: 2, nodes: { instanceTypes: ['c7g.large'], maximum: 1 }, perNode: 2, millicores: 700 },
    // No more than processors: the others wait.
    { workers: 50, nodes: { instanceTypes: ['c7g.large'], maximum: 1 }, perNode: 2, millicores: 700 },
    // The smaller type decides.
    {
      workers: 8,
      nodes: { instanceTypes: ['c7i.4xlarge', 'c7i.xlarge'], maximum: 4 },
      perNode: 2,
      millicores: 1700,
    },
  ] as const)('$workers workers on at most $nodes.maximum × $nodes.instanceTypes', (given) => {
    expect(copyWorkersPerNode(given.workers, given.nodes)).toBe(given.perNode);
    expect(copyMillicores(given.workers, given.nodes)).toBe(given.millicores);
  });
  it.each([
    [10, 20],
    [60, 70],
    [600, 110],
  ])(
    'with requests of %i s its pods have %i s to end, and never more than a spot node has',
    (requestSeconds, seconds) => {
      const job = copyJob({ image: 'i', requestSeconds, workers: 1, nodes });
      expect(job.spec.template).toMatchObject({ spec: { terminationGracePeriodSeconds: seconds } });
    },
  );
});

describe('the receiver of what Ceph tells of its objects', () => {
  it('is asked by nothing but its port, and listens for 20 s more when it is to leave', () => {
    const { spec } = parts.find('kubernetes:apps/v1:Deployment', 'workers-events').inputs as {
      spec: { template: { spec: { terminationGracePeriodSeconds: number; containers: object[] } } };
    };
    const tcpSocket = { port: 8090 };
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(20 + 60 + 10);
    expect(spec.template.spec.containers).toEqual([
      {
        name: 'events',
        image: IMAGE,
        args: ['events', 'serve'],
        env: [
          { name: 'MIGRATE_ENVIRONMENT', value: '/etc/storage/environment.json' },
          { name: 'NODE_OPTIONS', value: '--max-semi-space-size=4' },
        ],
        resources: { requests: { cpu: '250m', memory: '384Mi' }, limits: { memory: '384Mi' } },
        volumeMounts: [
          { name: 'environment', mountPath: '/etc/storage', readOnly: true },
          { name: 'tmp', mountPath: '/tmp' },
        ],
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        ports: [{ name: 'http', containerPort: 8090 }],
        startupProbe: { tcpSocket, periodSeconds: 2, failureThreshold: 30 },
        readinessProbe: { tcpSocket, periodSeconds: 5 },
        livenessProbe: { tcpSocket, periodSeconds: 10, failureThreshold: 6 },
        lifecycle: { preStop: { sleep: { seconds: 20 } } },
      },
    ]);
  });
  it('is behind a port of every node that leads to any of them', () => {
    expect(parts.find('kubernetes:core/v1:Service', 'access-events-service').inputs['spec']).toEqual({
      selector: { app: 'events' },
      type: 'NodePort',
      externalTrafficPolicy: 'Cluster',
      ports: [{ port: 8090, targetPort: 8090, nodePort: 30090 }],
    });
  });
  it.each(['replay', 'pending', 'hold-watch', 'heartbeat'])('%s leaves at once', (app) => {
    const { spec } = parts.find('kubernetes:apps/v1:Deployment', `workers-${app}`).inputs as {
      spec: { template: { spec: { terminationGracePeriodSeconds: number; containers: object[] } } };
    };
    expect(spec.template.spec.terminationGracePeriodSeconds).toBe(70);
    expect(spec.template.spec.containers[0]).not.toHaveProperty('lifecycle');
  });
});

describe('who works through the API of Kubernetes', () => {
  it('are the steps and the hold’s watch, with the same rights', () => {
    const entries = Object.entries(parts.all('aws:eks/accessEntry:AccessEntry'))
      .filter(([name]) => name.startsWith('access-'))
      .map(([, { principalArn, kubernetesGroups }]) => [principalArn, kubernetesGroups]);
    expect(entries).toEqual([
      ['arn:aws:iam::111122223333:role/steps', ['storage-steps']],
      [expect.stringMatching(/roles-hold-watch-role/), ['storage-steps']],
    ]);
    expect(
      parts.find('kubernetes:rbac.authorization.k8s.io/v1:Role', 'access-steps-rights').inputs,
    ).toMatchObject({
      metadata: { name: 'storage-steps', namespace: 'storage' },
      rules: [
        {
          apiGroups: [''],
          resources: ['configmaps'],
          resourceNames: ['copy-job', 'verify-job'],
          verbs: ['get'],
        },
        { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create', 'patch', 'delete'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      ],
    });
    const bindings = parts.resources.filter(({ type }) => type.endsWith('/v1:RoleBinding'));
    expect(bindings.map(({ name, inputs }) => [name, inputs['subjects']])).toContainEqual([
      'access-steps-binding',
      [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'storage-steps' }],
    ]);
  });
});

it('a comparison that found something is not made again', () => {
  expect(verifyJob({ image: 'i', requestSeconds: 60 }).spec.podFailurePolicy).toMatchObject({
    rules: [{ action: 'Ignore' }, { action: 'FailJob', onExitCodes: { values: [1, 2] } }],
  });
});

describe('who may talk to whom', () => {
  const policies = networkPolicies({ cidr: '10.20.0.0/16', databasePort: 5432 });
  it('is nobody, unless a policy says so', () => {
    expect(policies['deny-all']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });
  it.each<[App, unknown]>([
    ['copy', undefined],
    ['verify', undefined],
    ['replay', undefined],
    ['heartbeat', undefined],
    ['hold-watch', undefined],
    [
      'pending',
      [
        {
          from: [{ podSelector: { matchLabels: { app: 'cache-tier' } } }],
          ports: [{ protocol: 'TCP', port: 7401 }],
        },
      ],
    ],
    ['events', [{ from: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ protocol: 'TCP', port: 8090 }] }]],
    [
      'cache-tier',
      [
        { from: [{ ipBlock: { cidr: '10.20.0.0/16' } }], ports: [{ protocol: 'TCP', port: 8080 }] },
        {
          from: [
            { ipBlock: { cidr: '10.20.0.0/16' } },
            { podSelector: { matchLabels: { app: 'hold-watch' } } },
          ],
          ports: [{ protocol: 'TCP', port: 8082 }],
        },
      ],
    ],
  ])('%s is reached by', (app, ingress) => {
    expect(policies[app]?.ingress).toEqual(ingress);
  });
  it('events go to the database and nowhere else', () => {
    expect(JSON.stringify(policies['events']?.egress)).not.toContain('0.0.0.0/0');
  });
});

describe('what pods may do on AWS', () => {
  const document = (app: App) => {
    const { policy } = parts.find('aws:iam/rolePolicy:RolePolicy', `roles-${app}-policy`).inputs as {
      policy: string;
    };
    return JSON.parse(policy) as { Statement: { Sid: string; Action: string[]; Resource: string[] }[] };
  };
  it.each<[App, string[]]>([
    ['copy', ['migration-sync']],
    ['verify', ['migration-verify']],
    ['replay', ['migration-replay', 'migration-straggler']],
    ['pending', ['migration-replay', 'migration-straggler']],
    ['heartbeat', []],
    ['events', []],
    ['cache-tier', []],
  ])('%s reads the keys of these users of Ceph and of no other', (app, users) => {
    const { Statement } = document(app);
    const secrets = Statement.find(({ Sid }) => Sid === 'CephKeys')?.Resource ?? [];
    const expected = ['images', 'metadata'].flatMap((cluster) =>
      users.map(
        (user) =>
          `arn:aws:secretsmanager:us-east-1:111122223333:secret:storage-prod/ceph/${cluster}/${user}-??????`,
      ),
    );
    expect(secrets).toEqual(expected);
  });
  it('nobody writes objects on S3 but the canary’s and who carries a turn out, below our own prefix; the heartbeat puts our notification entry back', () => {
    const buckets = ['arn:aws:s3:::food-co-images', 'arn:aws:s3:::food-co-metadata'];
    const ours = buckets.map((bucket) => `${bucket}/.migration/*`);
    const writes = APPS.flatMap((app) =>
      document(app).Statement.flatMap(({ Action, Resource }) => {
        const written = Action.filter((action) => /^s3:(Put|Delete|Abort|Restore)/.test(action));
        return written.length === 0 ? [] : [[app, written, Resource]];
      }),
    );
    expect(writes).toHaveLength(3);
    expect(writes).toEqual(
      expect.arrayContaining([
        ['heartbeat', ['s3:PutObject', 's3:PutObjectAcl'], ours],
        ['heartbeat', ['s3:PutBucketNotification'], buckets],
        ['hold-watch', ['s3:PutObject'], ours],
      ]),
    );
  });
  it('the comparison alone reads the policies of the sources', () => {
    const readers = APPS.filter((app) =>
      document(app).Statement.some(({ Action }) => Action.includes('s3:GetBucketPolicy')),
    );
    expect(readers).toEqual(['verify']);
    expect(document('verify').Statement.find(({ Sid }) => Sid === 'ReadPolicies')).toEqual({
      Sid: 'ReadPolicies',
      Effect: 'Allow',
      Action: ['s3:GetBucketPolicy', 's3:GetLifecycleConfiguration'],
      Resource: ['arn:aws:s3:::food-co-images', 'arn:aws:s3:::food-co-metadata'],
    });
  });
  it('who carries a turn out writes the applications’ parameter, and the cache tier knows a restored ledger by it', () => {
    const actions = APPS.map((app) => {
      const { Statement } = document(app);
      return [app, Statement.find(({ Sid }) => Sid === 'ApplicationsParameter')?.Action ?? []] as const;
    });
    expect(Object.fromEntries(actions.filter(([, allowed]) => allowed.length > 0))).toEqual({
      'hold-watch': ['ssm:GetParameter', 'ssm:PutParameter'],
      'cache-tier': ['ssm:GetParameter'],
    });
  });
  it('only the food user’s pods get to the food database, only the others to the ledger', () => {
    const users = APPS.map((app) => {
      const { Statement } = document(app);
      const arns = Statement.filter(({ Action }) => Action.includes('rds-db:connect')).flatMap(
        ({ Resource }) => Resource,
      );
      return [app, arns.map((arn) => arn.split('/').at(-1))] as const;
    });
    expect(Object.fromEntries(users)).toEqual(
      Object.fromEntries(APPS.map((app) => [app, [app === 'events' ? 'storage_food' : 'storage_move']])),
    );
  });
});
