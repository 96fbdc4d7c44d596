import * as pulumi from '@pulumi/pulumi';
import { AlarmTopic } from '../../infra/foundation/alarms.ts';
import { KubernetesCluster } from '../../infra/foundation/kubernetes/index.ts';
import type { EncryptionKey } from '../../infra/foundation/keys.ts';
import type { Phase } from '../../scripts/contract/phases.ts';
import { workersIn } from '../../scripts/contract/phases.ts';
import { storageNames } from '../../infra/storage/applications/index.ts';
import { bucketParents } from '../../infra/storage/applications/names.ts';
import { CacheTier } from '../../infra/storage/cache-tier/cache-tier.ts';
import {
  CopyNodes,
  GpuNodes,
  MoveAccess,
  MoveWorkers,
  StorageNamespace,
  WorkerRoles,
} from '../../infra/storage/workers/index.ts';
import type { CopyNodeSettings } from '../../infra/storage/workers/jobs.ts';
import { record, type RecordedProgram, type RecordingOptions } from './recorded.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'us-east-1';
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const IMAGE = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/prod/storage@${DIGEST}`;
const DOCUMENT = '{"name":"prod"}';
const COPY_NODES: CopyNodeSettings = { instanceTypes: ['c7i.4xlarge', 'm7i.4xlarge'], maximum: 13 };

export type Parts = {
  cluster: KubernetesCluster;
  roles: WorkerRoles;
  namespace: StorageNamespace;
  cacheTier: CacheTier;
};
export type PartsOptions = {
  phase?: Phase;
  document?: string;
  cluster?: Partial<ConstructorParameters<typeof KubernetesCluster>[1]>;
  cacheNodes?: { instanceType: string; minimum: number; maximum: number };
  syncWorkers?: number;
};

const text = (value: string) => pulumi.output(value);
const key = (purpose: string): EncryptionKey => ({
  arn: text(`arn:aws:kms:${REGION}:${ACCOUNT}:key/${purpose}`),
  id: text(purpose),
});
const zones = ['a', 'b', 'c'].map((letter) => ({
  name: `${REGION}${letter}`,
  publicSubnetId: text(`public-${letter}`),
  privateSubnetId: text(`private-${letter}`),
  storageSubnetId: text(`storage-${letter}`),
}));

/** What AWS answers to the few resources whose outputs others use. */
const outputs: NonNullable<RecordingOptions['outputs']> = ({ type, name }) => {
  switch (type) {
    case 'aws:eks/cluster:Cluster':
      return { endpoint: 'https://eks.example', certificateAuthority: { data: 'Q0E=' } };
    case 'aws:eks/nodeGroup:NodeGroup':
      return { resources: [{ autoscalingGroups: [{ name: `${name}-asg` }] }] };
    case 'aws:ec2/launchTemplate:LaunchTemplate':
      return { latestVersion: 3 };
    case 'aws:iam/role:Role':
      return { name, uniqueId: `AROA-${name}` };
    default:
      return {};
  }
};

/** Everything that we make in and for a Kubernetes cluster, on mocks. */
export function recordParts(given: PartsOptions = {}): Promise<RecordedProgram<Parts>> {
  return record((options) => kubernetesParts(given, options), {
    outputs,
    call: (token) =>
      token === 'aws:index/getDefaultTags:getDefaultTags' ? { tags: { owner: 'images-team' } } : {},
  });
}

function kubernetesParts(given: PartsOptions, options: pulumi.ComponentResourceOptions): Parts {
  const alarms = new AlarmTopic('alarms', { account: ACCOUNT, key: key('messages'), emails: [] });
  const network = { vpcId: text('vpc'), zones, endpointsSecurityGroupId: text('endpoints') };
  const names = storageNames({ images: 'images.food.example', objects: 'objects.food.example' });
  const cluster = new KubernetesCluster(
    'kubernetes',
    {
      clusterName: 'prod',
      region: REGION,
      account: ACCOUNT,
      version: '1.34',
      network,
      keys: { kubernetes: key('kubernetes'), volumes: key('volumes'), logs: key('logs') },
      alarms,
      registry: {
        pullThrough: (image) => text(`cached/${image}`),
        pullStatements: () => [
          {
            Sid: 'Pull',
            Action: ['ecr:BatchGetImage'],
            Resource: [`arn:aws:ecr:${REGION}:${ACCOUNT}:repository/prod/*`],
          },
        ],
      },
      logDays: 90,
      publicAccessFrom: ['203.0.113.7/32'],
      readers: ['arn:aws:iam::111122223333:role/storage-prod-preview'],
      system: { instanceType: 'm7i.large', count: 3 },
      protect: true,
      ...given.cluster,
    },
    options,
  );
  const roles = new WorkerRoles(
    'roles',
    {
      cluster,
      rights: {
        region: REGION,
        account: ACCOUNT,
        sources: [
          {
            bucketArn: 'arn:aws:s3:::food-co-images',
            kmsKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/customer`,
          },
          { bucketArn: 'arn:aws:s3:::food-co-metadata' },
        ],
        credentialsPrefixes: ['storage-prod/ceph/images/', 'storage-prod/ceph/metadata/'],
        secretsKeyArn: key('secrets').arn,
        ledger: connect('storage_move'),
        food: connect('storage_food'),
        parameterArn: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/storage/prod/applications`,
      },
    },
    options,
  );
  const namespace = new StorageNamespace(
    'storage',
    {
      cluster,
      roles,
      environmentDocument: given.document ?? DOCUMENT,
      cidr: '10.20.0.0/16',
      databasePort: 5432,
    },
    options,
  );
  new MoveAccess(
    'access',
    {
      cluster,
      namespace,
      roles,
      image: IMAGE,
      syncWorkers: given.syncWorkers ?? 100,
      copyNodes: COPY_NODES,
      requestSeconds: 60,
      reach: [
        { to: { name: 'database', group: text('database-group') }, port: 5432 },
        { to: { name: 'images gateway', group: text('gateway-group') }, port: 443 },
      ],
      steps: { roleArn: `arn:aws:iam::${ACCOUNT}:role/steps`, securityGroupId: 'steps-group' },
    },
    options,
  );
  new MoveWorkers(
    'workers',
    {
      clusterName: 'prod',
      namespace,
      image: IMAGE,
      wanted: workersIn(given.phase ?? 'copy'),
      requestSeconds: 60,
      alarms,
    },
    options,
  );
  new CopyNodes('copy', { cluster, network, ...COPY_NODES }, options);
  new GpuNodes('gpu', { cluster, network, instanceType: 'g4dn.xlarge', maximum: 2 }, options);
  const cacheTier = new CacheTier(
    'cache-tier',
    {
      cluster,
      namespace,
      network,
      region: REGION,
      image: IMAGE,
      nodes: given.cacheNodes ?? { instanceType: 'i4i.large', minimum: 3, maximum: 9 },
      cephHost: names.gateways.images,
      bucketDomains: bucketParents(names),
      maxStaleSeconds: 3,
      requestSeconds: 60,
    },
    options,
  );
  return { cluster, roles, namespace, cacheTier };
}

function connect(user: string) {
  return {
    Sid: 'Connect',
    Action: ['rds-db:connect'],
    Resource: [`arn:aws:rds-db:${REGION}:${ACCOUNT}:dbuser:cluster-A/${user}`],
  };
}
