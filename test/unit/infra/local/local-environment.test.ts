import * as pulumi from '@pulumi/pulumi';
import { beforeAll, describe, expect, it } from 'vitest';
import { LocalEnvironment, Workers } from '../../../../infra/local/index.ts';
import { parseEnvironment } from '../../../../scripts/contract/environment.ts';
import * as specs from '../../../../scripts/contract/local/specs.ts';

type Recorded = { name: string; type: string; inputs: Record<string, unknown> };
const recorded: Recorded[] = [];

/** What each part would print. */
const OUTPUTS = {
  config: '/h/supervisord.conf',
  endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
  credentialsFile: '/h/credentials/x.json',
  databases: { ledger: 'postgresql:///ledger' },
  endpoint: 'http://127.0.0.1:7400',
  environmentFile: '/h/environment.json',
  running: ['capture'],
};
const runtime = { home: '/h', nodeBinary: '/opt/node 24/node', projectFolder: '/srv/storage', run: '7' };
const bounds = {
  refreshSeconds: 0.25,
  requestSeconds: 10,
  holdRequestSeconds: 1.5,
  holdLimitSeconds: 8,
  lateEventSeconds: 5,
  leaseSeconds: 6,
  canarySeconds: 2,
  canarySilenceSeconds: 180,
  certificateSeconds: 86_400,
  lagSeconds: 10,
  quietSeconds: 3,
  keepDays: 15,
};

function documentOf(name: string): Record<string, unknown> {
  const found = recorded.find(
    (resource) => resource.name === name && resource.type === 'command:local:Command',
  );
  return JSON.parse(String(found?.inputs['stdin'])) as Record<string, unknown>;
}

let environmentFile: string | undefined;
beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, type, inputs }) => {
      recorded.push({ name, type, inputs: inputs as Record<string, unknown> });
      return { id: name, state: { ...(inputs as Record<string, unknown>), stdout: JSON.stringify(OUTPUTS) } };
    },
    call: () => ({}),
  });
  const environment = new LocalEnvironment('local', {
    runtime,
    portBase: 7400,
    buckets: [
      { name: 'images', source: 'food-co-images', cluster: 'images', target: 'food-co-images' },
      { name: 'metadata', source: 'food-co-metadata', cluster: 'metadata', target: 'food-co-metadata' },
    ],
    bounds,
    sync: { workers: 2, concurrency: 8, keysPerShard: 500 },
    wait: true,
    clockAheadSeconds: 0,
  });
  const workers = new Workers('workers', { runtime, wanted: ['capture'], syncWorkers: 3 });
  environmentFile = await new Promise((resolve) =>
    pulumi.all([environment.environmentFile, workers.running]).apply(([file]) => resolve(file)),
  );
});

describe('the local environment', () => {
  const commands = () => recorded.filter((resource) => resource.type === 'command:local:Command');

  it('is one command a part', () => {
    expect(
      commands()
        .map((resource) => resource.name)
        .sort(),
    ).toEqual([
      'local-cache-tier-up',
      'local-database-up',
      'local-environment',
      'local-images-up',
      'local-images-users-up',
      'local-metadata-up',
      'local-metadata-users-up',
      'local-source-up',
      'local-source-users-up',
      'local-supervisor-up',
      'workers-up',
    ]);
    expect(environmentFile).toBe('/h/environment.json');
  });

  it('has the same command for create and update, and none for delete', () => {
    for (const { inputs } of commands()) {
      expect(inputs['create']).toBe(inputs['update']);
      expect(inputs).not.toHaveProperty('delete');
      expect(inputs).not.toHaveProperty('triggers');
    }
    expect(commands().find((resource) => resource.name === 'local-images-up')?.inputs['create']).toBe(
      "'/opt/node 24/node' /srv/storage/scripts/local/parts/part.ts ceph-cluster up",
    );
  });

  it('tells each part what it understands', () => {
    specs.SupervisorSpec.parse(documentOf('local-supervisor-up'));
    for (const cluster of ['source', 'images', 'metadata']) {
      specs.CephClusterSpec.parse(documentOf(`local-${cluster}-up`));
      specs.StoreUsersSpec.parse(documentOf(`local-${cluster}-users-up`));
    }
    specs.PostgresSpec.parse(documentOf('local-database-up'));
    specs.NginxSpec.parse(documentOf('local-cache-tier-up'));
    specs.WorkersSpec.parse(documentOf('workers-up'));
    const { document } = specs.EnvironmentSpec.parse(documentOf('local-environment'));
    expect(parseEnvironment(document, 'a test')).toMatchObject({
      name: 'local',
      ledger: 'postgresql:///ledger?host=/h/run/postgres&user=storage',
      source: {
        endpoint: 'http://127.0.0.1:7480',
        credentials: { kind: 'file', file: '/h/credentials/source.json' },
      },
      targets: {
        images: { endpoint: 'http://127.0.0.1:7481' },
        metadata: { endpoint: 'http://127.0.0.1:7483' },
      },
      cacheTier: {
        endpoint: 'http://127.0.0.1:7400',
        maxStaleSeconds: 3,
        turn: { kind: 'file', originFile: '/h/nginx/origin.conf' },
      },
      bounds,
    });
  });

  it('holds no secret: nothing that a part gets may stay in the stack’s state', () => {
    for (const { inputs } of commands()) {
      expect(String(inputs['stdin'])).not.toMatch(/secret|password/i);
    }
  });

  it('lets anyone read the images, and nobody else’s metadata', () => {
    type Buckets = { name: string; statements: { Sid: string }[] }[];
    const sidsOf = (name: string) =>
      Object.fromEntries(
        (documentOf(name)['buckets'] as Buckets).map((bucket) => [
          bucket.name,
          bucket.statements.map((statement) => statement.Sid),
        ]),
      );
    expect(sidsOf('local-source-users-up')).toEqual({
      'food-co-images': ['PublicRead', 'StorageMigration'],
      'food-co-metadata': ['StorageMigration'],
    });
    const ours = ['StorageMigrationWriters', 'StorageMigrationStraggler', 'StorageMigrationVerify'];
    expect(sidsOf('local-images-users-up')).toEqual({
      'food-co-images': ['PublicRead', ...ours],
      'migration-quarantine': ['StorageMigrationQuarantine', 'StorageMigrationQuarantineRead'],
    });
    expect(sidsOf('local-metadata-users-up')).toEqual({
      'food-co-metadata': ours,
      'migration-quarantine': ['StorageMigrationQuarantine', 'StorageMigrationQuarantineRead'],
    });
  });
});
