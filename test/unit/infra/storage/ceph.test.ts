import * as pulumi from '@pulumi/pulumi';
import { beforeAll, describe, expect, test } from 'vitest';
import { AccessLogs, Keys, Network, Registry } from '../../../../infra/foundation/index.ts';
import type { ClusterPlan } from '../../../../infra/storage/ceph/plan/plan.ts';
import type { CephSettings } from '../../../../infra/settings/aws.ts';
import { CephCluster, type CephClusterArgs } from '../../../../infra/storage/ceph/index.ts';
import { FULL, ZONES } from '../../../support/ceph-plan.ts';
import { record, valueOf, type Recorded, type RecordedProgram } from '../../../support/recorded.ts';
import { alarmTopic, loadBalancerOutputs } from './support.ts';

const ACCOUNT = '111122223333';
const INSTANCE = 'aws:ec2/instance:Instance';
const COMMAND = 'command:local:Command';

type Options = { settings?: CephSettings; protect?: boolean; image?: string };

function recordCluster({ settings = FULL, protect = true, image = '11' }: Options = {}) {
  return record(
    (options) => {
      const common = { environment: 'prod', account: ACCOUNT, region: 'us-east-1', protect };
      const keys = new Keys('keys', common, options);
      return new CephCluster(
        'images',
        {
          ...common,
          cluster: 'images',
          settings,
          network: new Network(
            'network',
            {
              ...common,
              cidr: '10.20.0.0/16',
              zones: ZONES,
              natGateways: 'one-per-zone',
              interfaceEndpoints: false,
              logDays: 30,
              logsKey: keys.logs,
            },
            options,
          ),
          keys,
          alarms: alarmTopic(options),
          registry: new Registry('registry', { ...common, key: keys.kubernetes, repositories: [] }, options),
          accessLogs: new AccessLogs('logs', { ...common, days: 30 }, options),
          image: `quay.io/ceph/ceph@sha256:${image.repeat(32)}`,
          names: {
            gateway: 'rgw-images.objects.example.com',
            all: ['images.objects.example.com', 'rgw-images.objects.example.com'],
          },
          zoneId: 'ZPRIVATE',
          certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/1',
          buckets: [{ name: 'food-images', public: true }],
          main: 'node ../scripts/ceph-hosts/main.ts',
        },
        options,
      );
    },
    {
      outputs: (resource) => ({
        ...loadBalancerOutputs(resource),
        ...(resource.type === INSTANCE ? { privateIp: addressOf(resource.name) } : {}),
        ...(resource.type === 'aws:iam/instanceProfile:InstanceProfile' ? { name: resource.name } : {}),
        ...(resource.type === 'aws:ssm/document:Document' ? { latestVersion: '3' } : {}),
      }),
      call: (token, { name }) =>
        token === 'aws:ssm/getParameter:getParameter' ? { insecureValue: `ami of ${String(name)}` } : {},
    },
  );
}

function addressOf(name: string): string {
  return `10.20.192.${[...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 250, 7)}`;
}

function planIn(recorded: RecordedProgram<unknown>): ClusterPlan {
  const stdin = recorded.find(COMMAND, 'images-step-apply').inputs['stdin'] as string;
  return (JSON.parse(stdin) as { plan: ClusterPlan }).plan;
}

/** What differs between two programs: names that came and went, and those whose inputs changed. */
function difference(before: Recorded[], after: Recorded[]) {
  const key = ({ type, name }: Recorded) => `${type} ${name}`;
  const old = new Map(before.map((one) => [key(one), JSON.stringify(one.inputs)]));
  const names = new Set(after.map(key));
  return {
    added: after
      .filter((one) => !old.has(key(one)))
      .map(({ name }) => name)
      .sort(),
    removed: [...old.keys()].filter((name) => !names.has(name)),
    changed: after
      .filter((one) => old.has(key(one)) && old.get(key(one)) !== JSON.stringify(one.inputs))
      .map(({ name }) => name)
      .sort(),
  };
}

let cluster: RecordedProgram<CephCluster>;
beforeAll(async () => {
  cluster = await recordCluster();
});

describe('nodes', () => {
  test('are spread over the zones in turn, in the storage subnets', () => {
    const subnets = Object.entries(cluster.all(INSTANCE)).map(([name, { subnetId }]) => [name, subnetId]);
    expect(Object.fromEntries(subnets)).toMatchObject({
      'images-cold-0': 'network-us-east-1a-storage-id',
      'images-cold-1': 'network-us-east-1b-storage-id',
      'images-cold-2': 'network-us-east-1c-storage-id',
      'images-cold-3': 'network-us-east-1a-storage-id',
    });
    expect(subnets).toHaveLength(15);
  });

  test('are exactly so', () => {
    const { userData, ...inputs } = cluster.find(INSTANCE, 'images-cold-4').inputs;
    expect(userData).toContain('hostnamectl set-hostname cold-4\n');
    expect(inputs).toEqual({
      ami: 'ami of /aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
      instanceType: 'd3en.2xlarge',
      subnetId: 'network-us-east-1b-storage-id',
      vpcSecurityGroupIds: ['images-traffic-nodes-id'],
      iamInstanceProfile: 'images-node-role-profile',
      associatePublicIpAddress: false,
      userDataReplaceOnChange: false,
      disableApiTermination: true,
      disableApiStop: true,
      instanceInitiatedShutdownBehavior: 'stop',
      ebsOptimized: true,
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      rootBlockDevice: {
        volumeType: 'gp3',
        volumeSize: 60,
        encrypted: true,
        kmsKeyId: 'arn:aws:kms/key:us-east-1:111122223333:keys-volumes',
        deleteOnTermination: true,
        tags: { Name: 'prod-images-cold-4' },
      },
      tags: { Name: 'prod-images-cold-4' },
    });
  });

  test('outlive another image and another user data, and a destroy', () => {
    for (const { options } of cluster.resources.filter(({ type }) => type === INSTANCE)) {
      expect(options).toMatchObject({
        ignoreChanges: ['ami', 'userData', 'userDataBase64'],
        protect: true,
        retainOnDelete: true,
      });
    }
  });

  test('Graviton gets an image for it', () => {
    expect(cluster.find(INSTANCE, 'images-monitor-0').inputs['ami']).toMatch(/arm64$/);
  });

  test('of a rehearsal may be stopped, terminated and destroyed', async () => {
    const dev = await recordCluster({ protect: false });
    const { inputs, options } = dev.find(INSTANCE, 'images-hot-0');
    expect(inputs).toMatchObject({ disableApiStop: false, disableApiTermination: false });
    expect(options).toMatchObject({ protect: false, retainOnDelete: false });
    expect(dev.find(COMMAND, 'images-step-apply').inputs['delete']).toBe(
      'node ../scripts/ceph-hosts/main.ts forget',
    );
  });
});

describe('growing', () => {
  test('adds nodes at the end, and runs the step again: nothing else changes', async () => {
    const nodeGroups = FULL.nodeGroups.map((group) =>
      group.name === 'cold' ? { ...group, count: 9 } : group,
    );
    const grown = await recordCluster({ settings: { ...FULL, nodeGroups } });
    expect(difference(cluster.resources, grown.resources)).toEqual({
      added: [
        'images-cold-6',
        'images-cold-6-status',
        'images-cold-7',
        'images-cold-7-status',
        'images-cold-8',
        'images-cold-8-status',
      ],
      removed: [],
      changed: ['images-step-apply', 'images-watch-0'],
    });
    expect(planIn(grown).hosts.slice(0, planIn(cluster).hosts.length)).toEqual(planIn(cluster).hosts);
  });

  test('of gateways adds targets to the load balancer', async () => {
    const nodeGroups = FULL.nodeGroups.map((group) =>
      group.name === 'gateway' ? { ...group, count: 4 } : group,
    );
    const grown = await recordCluster({ settings: { ...FULL, nodeGroups } });
    expect(difference(cluster.resources, grown.resources)).toEqual({
      added: ['images-gateway-3', 'images-gateway-3-status', 'images-gateways-gateway-3'],
      removed: [],
      changed: ['images-step-apply', 'images-watch-0'],
    });
  });
});

test('another release changes the step alone', async () => {
  const newer = await recordCluster({ image: '22' });
  expect(difference(cluster.resources, newer.resources)).toEqual({
    added: [],
    removed: [],
    changed: ['images-step-apply'],
  });
});

describe('the step', () => {
  test('has one command for create and update, and neither triggers nor delete', () => {
    const { stdin, ...inputs } = cluster.find(COMMAND, 'images-step-apply').inputs;
    expect(inputs).toEqual({
      create: 'node ../scripts/ceph-hosts/main.ts apply',
      update: 'node ../scripts/ceph-hosts/main.ts apply',
      logging: 'stderr',
    });
    expect(JSON.parse(stdin as string)).toMatchObject({
      region: 'us-east-1',
      version: '3',
      architectures: ['amd64', 'arm64'],
      monitors: [0, 1, 2].map((index) => ({
        name: `monitor-${index}`,
        instanceId: `images-monitor-${index}-id`,
      })),
    });
  });

  test('says where hosts are and where images come from', () => {
    const plan = planIn(cluster);
    expect(plan).toMatchObject({
      seed: 'monitor-0',
      osds: 3 + 3 + 24,
      images: {
        ceph: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/prod-quay/ceph/ceph@sha256:${'11'.repeat(32)}`,
      },
      aws: { parameters: '/storage/prod/ceph/images', secrets: 'storage-prod/ceph/images/' },
      endpoint: 'https://rgw-images.objects.example.com',
      realm: { indexShards: 6007 },
    });
    expect(plan.hosts[0]).toEqual({ name: 'monitor-0', address: addressOf('images-monitor-0') });
    expect(JSON.stringify(plan)).not.toMatch(/secretAccessKey|password/i);
  });
});

describe('traffic', () => {
  test('nothing comes in from addresses: gateways are reached through the load balancer alone', () => {
    const into = Object.values(
      cluster.all('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule'),
    ).filter(({ securityGroupId }) => String(securityGroupId).startsWith('images-'));
    expect(into.filter(({ cidrIpv4 }) => cidrIpv4 !== undefined)).toEqual([]);
    const gateway = into.filter(({ fromPort }) => fromPort === 9443);
    expect(gateway).toMatchObject([
      { securityGroupId: 'images-traffic-nodes-id', referencedSecurityGroupId: 'images-traffic-gateways-id' },
    ]);
    const ports = into
      .filter(
        ({ securityGroupId, referencedSecurityGroupId }) => securityGroupId === referencedSecurityGroupId,
      )
      .map(({ fromPort, toPort }) => `${String(fromPort)}-${String(toPort)}`);
    expect(ports.sort()).toEqual(
      [
        '22-22',
        '3300-3300',
        '6789-6789',
        '6800-7568',
        '8443-8443',
        '8765-8765',
        '9093-9094',
        '9095-9095',
        '9100-9100',
        '9283-9283',
        '9926-9926',
      ].sort(),
    );
  });

  test('TLS ends at the load balancer, which speaks TLS of its own to RGW', () => {
    expect(cluster.find('aws:lb/listener:Listener', 'images-gateways-tls').inputs).toMatchObject({
      protocol: 'TLS',
      port: 443,
    });
    expect(cluster.find('aws:lb/targetGroup:TargetGroup', 'images-gateways-rgw').inputs).toMatchObject({
      protocol: 'TLS',
      port: 9443,
      preserveClientIp: 'false',
      healthCheck: { protocol: 'HTTPS', path: '/', matcher: '200' },
    });
    const records = Object.values(cluster.all('aws:route53/record:Record')).map(({ name }) => name);
    expect(records).toEqual(
      expect.arrayContaining(['rgw-images.objects.example.com', '*.rgw-images.objects.example.com']),
    );
  });
});

describe('credentials', () => {
  test('are empty secrets: no version of any is in the stack', () => {
    const secrets = Object.values(cluster.all('aws:secretsmanager/secret:Secret')).map(({ name }) => name);
    expect(secrets.sort()).toEqual(
      [
        'admin',
        'applications',
        'dashboard',
        'migration-replay',
        'migration-straggler',
        'migration-sync',
        'migration-verify',
      ].map((user) => `storage-prod/ceph/images/${user}`),
    );
    expect(cluster.all('aws:secretsmanager/secretVersion:SecretVersion')).toEqual({});
  });

  test('only monitors read and write them', () => {
    const policies = cluster.all('aws:iam/rolePolicy:RolePolicy');
    const mayWrite = Object.entries(policies)
      .filter(([, { policy }]) => String(policy).includes('secretsmanager:PutSecretValue'))
      .map(([name]) => name);
    expect(mayWrite).toEqual(['images-monitor-role-role-policy']);
  });

  test('are found by others by name and ARN', async () => {
    expect(cluster.value.credentialsPrefix).toBe('storage-prod/ceph/images/');
    expect(await valueOf(cluster.value.credentialsArns)).toBe(
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:storage-prod/ceph/images/*',
    );
  });
});

test('each loss rings', () => {
  const metrics = Object.values(cluster.all('aws:cloudwatch/metricAlarm:MetricAlarm')).map(
    ({ metricName }) => metricName,
  );
  expect([...new Set(metrics)].sort()).toEqual([
    'FullestOsdPercent',
    'HealthStatus',
    'HealthyHostCount',
    'InactiveGroups',
    'OsdsDown',
    'QueuedNotifications',
    'RootDiskPercent',
    'StatusCheckFailed',
    'UnHealthyHostCount',
  ]);
  expect(metrics.filter((metric) => metric === 'StatusCheckFailed')).toHaveLength(15);
});

describe('a cluster that could not work is refused before anything is made', () => {
  const [monitor, gateway, hot, cold] = FULL.nodeGroups as [
    CephSettings['nodeGroups'][number],
    CephSettings['nodeGroups'][number],
    CephSettings['nodeGroups'][number],
    CephSettings['nodeGroups'][number],
  ];
  test.each([
    ['no gateway', { nodeGroups: [monitor, hot, cold] }, /no node group has the role gateway/],
    [
      '4+2',
      { cold: { dataChunks: 4, codingChunks: 2, storageClass: 'STANDARD_IA', afterDays: 1 } },
      /4\+2 over 3 zones stops when one is lost; three zones want 3\+3 or 5\+4/,
    ],
    ['no code for cold disks', { cold: undefined }, /a node group is cold and there is no erasure code/],
    [
      'two roles on one disk',
      { nodeGroups: [monitor, gateway, { ...hot, roles: ['hot', 'cold'] }, cold] },
      /hot has the roles hot and cold/,
    ],
    [
      'too little memory',
      {
        nodeGroups: [
          monitor,
          gateway,
          { ...hot, roles: ['hot', 'monitor', 'gateway'], instanceType: 'm6gd.medium' },
          cold,
        ],
      },
      /leaves 0\.0 GiB for each of its 1 OSDs/,
    ],
  ] as [string, Partial<CephSettings>, RegExp][])('%s', async (_, change, says) => {
    // Of all that a cluster needs it looks at the zones before it refuses.
    const args = { cluster: 'images', settings: { ...FULL, ...change }, network: { zones: ZONES } };
    const made = record((options) => new CephCluster('images', args as unknown as CephClusterArgs, options));
    const refusal: unknown = await made.catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(pulumi.InputPropertyError);
    expect((refusal as Error).message).toMatch(says);
  });
});
