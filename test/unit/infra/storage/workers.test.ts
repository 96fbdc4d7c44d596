import { beforeAll, describe, expect, it } from 'vitest';
import type { PHASES } from '../../../../infra/phases/phase.ts';
import { workersOf } from '../../../../infra/phases/phase.ts';
import { deploymentOf, PLANS, type LongRunning } from '../../../../infra/storage/workers/deployments.ts';
import { copyJob, verifyJob } from '../../../../infra/storage/workers/jobs.ts';
import { APPS, type App } from '../../../../infra/storage/workers/names.ts';
import { networkPolicies } from '../../../../infra/storage/workers/network-policies.ts';
import { recordParts, type Parts } from '../../../support/kubernetes-parts.ts';
import type { RecordedProgram } from '../../../support/recorded.ts';

let parts: RecordedProgram<Parts>;
beforeAll(async () => {
  parts = await recordParts({ phase: 'copy' });
});

describe('what runs in a phase', () => {
  const replicas = (phase: (typeof PHASES)[number]) =>
    Object.fromEntries(
      (Object.keys(PLANS) as LongRunning[]).map((app) => [
        app,
        deploymentOf(app, {
          image: 'i',
          wanted: workersOf(phase),
          environmentDigest: 'd',
          requestSeconds: 60,
        }).replicas,
      ]),
    );
  it.each([
    ['prepare', { replay: 0, pending: 2, 'hold-watch': 2, pulse: 1, events: 2 }],
    ['copy', { replay: 2, pending: 2, 'hold-watch': 2, pulse: 1, events: 2 }],
    ['cutover', { replay: 2, pending: 2, 'hold-watch': 2, pulse: 1, events: 2 }],
    ['retain', { replay: 2, pending: 2, 'hold-watch': 2, pulse: 1, events: 2 }],
    ['retire', { replay: 0, pending: 2, 'hold-watch': 2, pulse: 1, events: 2 }],
    ['done', { replay: 0, pending: 0, 'hold-watch': 0, pulse: 0, events: 2 }],
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
  const { spec } = copyJob({ image: 'i@sha256:1', requestSeconds: 60, workers: 7 });
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
  it.each([
    [10, 20],
    [60, 70],
    [600, 110],
  ])(
    'with requests of %i s its pods have %i s to end, and never more than a spot node has',
    (requestSeconds, seconds) => {
      const job = copyJob({ image: 'i', requestSeconds, workers: 1 });
      expect(job.spec.template).toMatchObject({ spec: { terminationGracePeriodSeconds: seconds } });
    },
  );
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
    ['pulse', undefined],
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
    ['pulse', []],
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
  it('nobody writes on S3 but the canary’s, below its own prefix', () => {
    const writes: Record<string, string[]> = {};
    for (const app of APPS) {
      for (const { Action, Resource } of document(app).Statement) {
        if (Action.some((action) => /^s3:(Put|Delete|Abort|Restore)/.test(action))) writes[app] = Resource;
      }
    }
    expect(writes).toEqual({
      pulse: ['arn:aws:s3:::food-co-images/.migration/*', 'arn:aws:s3:::food-co-metadata/.migration/*'],
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
