import { beforeAll, describe, expect, it } from 'vitest';
import { Foundation, type FoundationArgs } from '../../../../infra/foundation/index.ts';
import { record, type RecordedProgram } from '../../../support/recorded.ts';
import { OUTPUTS } from './support.ts';

const ARGS: FoundationArgs = {
  environment: 'prod',
  region: 'eu-west-1',
  account: '111122223333',
  protect: true,
  logDays: 365,
  alarmEmails: ['ops@example.com'],
  network: {
    cidr: '10.20.0.0/16',
    zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
    natGateways: 'one-per-zone',
    interfaceEndpoints: true,
  },
  kubernetes: {
    version: '1.34',
    publicAccessFrom: ['203.0.113.7/32'],
    readers: ['arn:aws:iam::111122223333:role/storage-prod-preview'],
    system: { instanceType: 'm7g.large', count: 3 },
  },
  database: { minimumCapacity: 1, maximumCapacity: 16, readers: 1, backupDays: 14 },
  repositories: ['storage'],
};
/** What nobody can make again. */
const STATE = [
  'aws:ecr/repository:Repository',
  'aws:kms/key:Key',
  'aws:rds/cluster:Cluster',
  'aws:rds/clusterInstance:ClusterInstance',
  'aws:s3/bucket:Bucket',
];

describe('the foundation', () => {
  let foundation: RecordedProgram<Foundation>;
  beforeAll(async () => {
    foundation = await record((options) => new Foundation('foundation', ARGS, options), OUTPUTS);
  });

  it('is made of these components', () => {
    const components = foundation.resources
      .filter(({ type, options }) => /^foundation:/.test(type) && isChildOf(options.parent, 'Foundation'))
      .map(({ type, name }) => `${type} ${name}`);
    expect(components.sort()).toEqual([
      'foundation:alarms:AlarmTopic foundation-alarms',
      'foundation:database:Database foundation-database',
      'foundation:keys:Keys foundation-key',
      'foundation:kubernetes:KubernetesCluster foundation-kubernetes',
      'foundation:logs:AccessLogs foundation-access-logs',
      'foundation:network:Network foundation-network',
      'foundation:registry:Registry foundation-registry',
    ]);
  });

  it('leaves no resource without a parent', () => {
    const orphans = foundation.resources.filter(({ options }) => options.parent === undefined);
    expect(orphans.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'foundation:index:Foundation foundation',
    ]);
  });

  it.each([true, false])('protects and retains what holds state: %s', async (protect) => {
    const { resources } = await record(
      (options) => new Foundation('foundation', { ...ARGS, protect }, options),
      OUTPUTS,
    );
    const state = resources.filter(({ type }) => STATE.includes(type));
    expect(new Set(state.map(({ type }) => type))).toEqual(new Set(STATE));
    for (const { type, name, options } of state) {
      expect([type, name, options.protect, options.retainOnDelete]).toEqual([type, name, protect, protect]);
    }
  });

  it('keeps every log as long as its settings say', () => {
    const groups = foundation.all('aws:cloudwatch/logGroup:LogGroup');
    expect(Object.keys(groups).length).toBeGreaterThan(2);
    for (const [name, inputs] of Object.entries(groups))
      expect([name, inputs['retentionInDays']]).toEqual([name, 365]);
  });

  it('carries names of its environment, so that two fit into one account', () => {
    const names = foundation.resources.flatMap(({ type, inputs }) =>
      !type.startsWith('aws:')
        ? []
        : ['name', 'prefix', 'ecrRepositoryPrefix']
            .map((property) => inputs[property])
            .filter((value) => typeof value === 'string')
            .map((value) => [type, value]),
    );
    expect(names.length).toBeGreaterThan(8);
    for (const [type, value] of names) expect([type, value]).toEqual([type, expect.stringContaining('prod')]);
  });
});

function isChildOf(parent: unknown, component: string): boolean {
  return parent?.constructor.name === component;
}
