import { describe, expect, test } from 'vitest';
import { manifests } from '../../../../scripts/tools/policy-scan/manifests.ts';
import { readResources, type StackResource } from '../../../../scripts/tools/policy-scan/resources.ts';
import { terraformPlan } from '../../../../scripts/tools/policy-scan/terraform-plan.ts';
import {
  listNames,
  snakeCase,
  terraformType,
} from '../../../../scripts/tools/policy-scan/terraform-types.ts';

const urn = (type: string, name: string) => `urn:pulumi:prod::storage::${type}::${name}`;
const resource = (type: string, name: string, inputs: object, from = {}): StackResource => ({
  urn: urn(type, name),
  type,
  name,
  inputs: inputs as StackResource['inputs'],
  propertyDependencies: from,
});

describe('names in Terraform', () => {
  test.each([
    ['aws:ec2/instance:Instance', 'aws_instance'],
    ['aws:ec2/launchTemplate:LaunchTemplate', 'aws_launch_template'],
    ['aws:ec2/vpcEndpoint:VpcEndpoint', 'aws_vpc_endpoint'],
    ['aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule', 'aws_vpc_security_group_ingress_rule'],
    ['aws:lb/loadBalancer:LoadBalancer', 'aws_lb'],
    ['aws:lb/targetGroup:TargetGroup', 'aws_lb_target_group'],
    ['aws:rds/cluster:Cluster', 'aws_rds_cluster'],
    ['aws:rds/subnetGroup:SubnetGroup', 'aws_db_subnet_group'],
    ['aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock', 'aws_s3_bucket_public_access_block'],
    ['aws:cloudwatch/logGroup:LogGroup', 'aws_cloudwatch_log_group'],
    ['kubernetes:core/v1:Service', null],
    ['pulumi:providers:aws', null],
  ])('%s is %s', (type, name) => expect(terraformType(type)).toBe(name));

  test.each([
    ['kmsKeyId', 'kms_key_id'],
    ['cidrIpv4', 'cidr_ipv4'],
    ['ipv6CidrBlocks', 'ipv6_cidr_blocks'],
  ])('%s is %s', (name, snake) => expect(snakeCase(name)).toBe(snake));

  test.each([
    ['ebsBlockDevices', 'ebs_block_device'],
    ['orderedCacheBehaviors', 'ordered_cache_behavior'],
    ['inlinePolicies', 'inline_policy'],
    ['statuses', 'status'],
    ['ingress', 'ingress'],
  ])('the blocks %s may be called %s', (name, singular) => {
    expect(listNames(name)).toContain(singular);
    expect(listNames(name)).toContain(snakeCase(name));
  });
});

describe('the plan', () => {
  const bucket = resource('aws:s3/bucket:Bucket', 'photos', { tags: { costCenter: '1' }, __defaults: [] });
  const block = resource(
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    'photos',
    { bucket: 'photos', blockPublicAcls: true },
    { bucket: [bucket.urn], blockPublicAcls: [] },
  );
  const instance = resource('aws:ec2/instance:Instance', 'node', {
    metadataOptions: { httpTokens: 'required' },
    ebsBlockDevices: [{ deviceName: '/dev/sdf', kmsKeyId: 'k' }],
    vpcSecurityGroupIds: ['sg-1'],
  });
  const other = resource('kubernetes:core/v1:Namespace', 'storage', {});
  const { plan, addresses } = terraformPlan([bucket, block, instance, other]);

  test('has the resources of AWS under the names of Terraform', () => {
    expect([...addresses.keys()]).toEqual([
      'aws_s3_bucket.Bucket-photos',
      'aws_s3_bucket_public_access_block.BucketPublicAccessBlock-photos',
      'aws_instance.Instance-node',
    ]);
    expect(addresses.get('aws_instance.Instance-node')).toBe(instance);
  });

  test('a block that comes once is a list of one, tags keep their names', () => {
    expect(plan.resource_changes).toHaveLength(3);
    expect(plan.resource_changes[2]).toMatchObject({
      address: 'aws_instance.Instance-node',
      type: 'aws_instance',
      change: {
        actions: ['create'],
        after: {
          metadata_options: [{ http_tokens: 'required' }],
          ebs_block_device: [{ device_name: '/dev/sdf', kms_key_id: 'k' }],
          vpc_security_group_ids: ['sg-1'],
        },
      },
    });
    expect(plan.resource_changes[0]).toHaveProperty('change.after', { tags: { costCenter: '1' } });
  });

  test('what belongs together is joined by where values come from', () => {
    expect(plan.configuration.root_module.resources[1]).toMatchObject({
      expressions: {
        bucket: { references: ['aws_s3_bucket.Bucket-photos.id', 'aws_s3_bucket.Bucket-photos'] },
      },
    });
  });

  test('the objects of Kubernetes are manifests', () => {
    const job = resource('kubernetes:batch/v1:Job', 'copy', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { namespace: 'storage' },
    });
    expect(manifests([bucket, job, other])).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'copy', namespace: 'storage' } }],
    });
  });
});

describe('what the engine prints', () => {
  const state = {
    urn: urn('aws:sqs/queue:Queue', 'q'),
    type: 'aws:sqs/queue:Queue',
    inputs: {
      name: 'q',
      kmsMasterKeyId: '04da6b54-80e4-46f7-96ec-b56ff0331ba9',
      policy: { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', ciphertext: 'x' },
    },
    propertyDependencies: { kmsMasterKeyId: ['urn:k'], policy: null },
  };
  const read = {
    urn: state.urn,
    type: state.type,
    name: 'q',
    inputs: { name: 'q', kmsMasterKeyId: '(known after the update)', policy: '(secret)' },
    propertyDependencies: { kmsMasterKeyId: ['urn:k'], policy: [] },
  };

  test('a preview', () => {
    const steps = [
      { op: 'create-replacement', newState: { ...state, inputs: {} } },
      { op: 'replace', newState: state },
      { op: 'delete-replaced', oldState: state },
    ];
    expect(readResources(JSON.stringify({ steps }))).toEqual([read]);
  });

  test('an export of what exists, without what waits for its deletion', () => {
    const resources = [state, { ...state, delete: true }];
    expect(readResources(JSON.stringify({ version: 3, deployment: { resources } }))).toEqual([read]);
  });

  test('something else', () => {
    expect(() => readResources('{"version": 3}')).toThrow('neither what `pulumi preview --json`');
  });
});
