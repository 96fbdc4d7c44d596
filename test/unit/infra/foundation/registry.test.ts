import { beforeAll, describe, expect, it } from 'vitest';
import { Registry } from '../../../../infra/foundation/registry.ts';
import { record, valueOf, type RecordedProgram } from '../../../support/recorded.ts';
import { documentIn, KEY, OUTPUTS, PLACE, refusalOf } from './support.ts';

const OURS = 'arn:aws:ecr:eu-west-1:111122223333:repository/test';
const CACHED = [`${OURS}-quay/*`, `${OURS}-kubernetes/*`, `${OURS}-public/*`];
const ENCRYPTION = [{ encryptionType: 'KMS', kmsKey: 'arn:key' }];

describe('the registry', () => {
  let registry: RecordedProgram<Registry>;
  beforeAll(async () => {
    registry = await record(
      (options) =>
        new Registry('images', { ...PLACE, key: KEY, protect: true, repositories: ['storage'] }, options),
      OUTPUTS,
    );
  });

  it('caches the registries that our images come from', () => {
    expect(registry.all('aws:ecr/pullThroughCacheRule:PullThroughCacheRule')).toEqual({
      'images-kubernetes': { ecrRepositoryPrefix: 'test-kubernetes', upstreamRegistryUrl: 'registry.k8s.io' },
      'images-public': { ecrRepositoryPrefix: 'test-public', upstreamRegistryUrl: 'public.ecr.aws' },
      'images-quay': { ecrRepositoryPrefix: 'test-quay', upstreamRegistryUrl: 'quay.io' },
    });
  });

  it('encrypts what it caches, by a role that can make just those repositories', () => {
    const template = 'aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate';
    expect(registry.find(template, 'images-quay').inputs).toEqual({
      prefix: 'test-quay',
      description: 'Images of quay.io',
      appliedFors: ['PULL_THROUGH_CACHE'],
      customRoleArn: 'arn:images-creator-role',
      encryptionConfigurations: ENCRYPTION,
      imageTagMutability: 'MUTABLE',
    });
    const { policy } = registry.find('aws:iam/rolePolicy:RolePolicy', 'images-creator-policy').inputs;
    expect(documentIn(policy).Statement.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['ecr:CreateRepository', 'ecr:ReplicateImage', 'ecr:TagResource'], CACHED],
      [['kms:CreateGrant', 'kms:DescribeKey', 'kms:RetireGrant'], ['arn:key']],
    ]);
  });

  it('has a repository for our own image whose tags stay what they were', async () => {
    const { inputs, options } = registry.find('aws:ecr/repository:Repository', 'images-storage');
    expect(inputs).toEqual({
      name: 'test/storage',
      imageTagMutability: 'IMMUTABLE',
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfigurations: ENCRYPTION,
      forceDelete: false,
    });
    expect(options).toMatchObject({ protect: true, retainOnDelete: true });
    const url = registry.value.repositoryUrls['storage'];
    expect(url && (await valueOf(url))).toBe('url of images-storage');
  });

  it.each([
    ['quay.io/ceph/ceph@sha256:1', 'test-quay/ceph/ceph@sha256:1'],
    ['registry.k8s.io/pause:3.10', 'test-kubernetes/pause:3.10'],
    ['public.ecr.aws/eks/x:1', 'test-public/eks/x:1'],
  ])('serves %s as %s', async (image, path) => {
    expect(await valueOf(registry.value.pullThrough(image))).toBe(
      `111122223333.dkr.ecr.eu-west-1.amazonaws.com/${path}`,
    );
  });

  it.each(['docker.io/library/nginx:1', 'nginx', 'quay.io.example.com/x/y'])('refuses %s', (image) => {
    expect(refusalOf(() => registry.value.pullThrough(image))).toBe(
      `image is "${image}"; images are cached of quay.io, registry.k8s.io, public.ecr.aws, such as quay.io/ceph/ceph@sha256:…`,
    );
  });

  it('says what a node needs to pull', () => {
    const statements = registry.value.pullStatements();
    expect(statements.map(({ Sid, Resource }) => [Sid, Resource])).toEqual([
      ['RegistryToken', ['*']],
      ['PullImages', [...CACHED, `${OURS}/*`]],
      ['FillTheCache', CACHED],
    ]);
    expect(registry.value.repositoryArns).toEqual(CACHED);
  });
});
