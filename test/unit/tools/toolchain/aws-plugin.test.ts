import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AwsProvider } from '../../../../scripts/tools/stand-ins/aws/provider.ts';
import type { Wire } from '../../../../scripts/tools/stand-ins/wire.ts';
import { Records } from '../../../../scripts/tools/stand-ins/records.ts';

/** The recording plugin for AWS, asked as the engine asks it. */

let folder: string;
let aws: AwsProvider;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'storage-records-'));
  aws = new AwsProvider(new Records(folder));
  aws.configure({ region: 'eu-central-1', defaultTags: JSON.stringify({ tags: { system: 'storage' } }) });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const urnOf = (type: string, name = 'one') => `urn:pulumi:test::test::${type}::${name}`;

async function failures(type: string, news: Wire, name?: string): Promise<[string, string][]> {
  const result = await aws.check({ urn: urnOf(type, name), olds: null, news });
  return result.failures.map(({ property, reason }) => [property, reason]);
}

async function make(type: string, news: Wire): Promise<{ urn: string; id: string; properties: Wire }> {
  const urn = urnOf(type);
  const { inputs, failures: found } = await aws.check({ urn, olds: null, news });
  expect(found).toEqual([]);
  return { urn, ...(await aws.create({ urn, inputs, preview: false })) };
}

describe('inputs that AWS would not take', () => {
  it.each<[string, string, Wire, [string, RegExp][]]>([
    [
      'one that there is not',
      'aws:ec2/subnet:Subnet',
      { vpcId: 'vpc-1', cidr: '10.0.0.0/24' },
      [
        [
          'cidr',
          /^aws:ec2\/subnet:Subnet has no "cidr" \(given: "10\.0\.0\.0\/24"\); it has: assign.*, cidrBlock, /,
        ],
      ],
    ],
    [
      'one deeper down',
      'aws:ec2/instance:Instance',
      { rootBlockDevice: { volumeSiz: 3 }, ebsBlockDevices: [{ deviceName: 'a' }, {}] },
      [
        [
          'rootBlockDevice.volumeSiz',
          /^rootBlockDevice of aws:ec2\/instance:Instance has no "volumeSiz" \(given: 3\); it has: deleteOnTermination, /,
        ],
        [
          'ebsBlockDevices[1].deviceName',
          /^ebsBlockDevices\[1\] of aws:ec2\/instance:Instance needs "deviceName"; given were: none\.$/,
        ],
      ],
    ],
    [
      'one that is missing',
      'aws:ec2/route:Route',
      { gatewayId: 'igw-1' },
      [['routeTableId', /^aws:ec2\/route:Route needs "routeTableId"; given were: gatewayId\.$/]],
    ],
    [
      'values of another kind',
      'aws:sqs/queue:Queue',
      { delaySeconds: 'soon', fifoQueue: 'perhaps', tags: { a: [1] }, name: { a: 1 } },
      [
        ['delaySeconds', /must be a number; given: "soon"\.$/],
        ['fifoQueue', /must be true or false; given: "perhaps"\.$/],
        ['tags.a', /must be a string; given: \[1\]\.$/],
        ['name', /^name of aws:sqs\/queue:Queue must be a string; given: \{"a":1\}\.$/],
      ],
    ],
    [
      'a name that is too long',
      'aws:lb/loadBalancer:LoadBalancer',
      { name: 'a-name-that-is-longer-than-it-may-be' },
      [['name', /^"a-name-that-is-longer-than-it-may-be" has 36 characters; AWS takes 32\.$/]],
    ],
    [
      'a type that there is not',
      'aws:ec2/machine:Machine',
      {},
      [['', /has no resource aws:ec2\/machine:Machine\.$/]],
    ],
  ])('%s', async (_what, type, news, expected) => {
    expect(await failures(type, news)).toEqual(
      expected.map(([property, reason]) => [property, expect.stringMatching(reason) as string]),
    );
  });

  it('a name that gets too long by what is added to it', async () => {
    expect(await failures('aws:lb/targetGroup:TargetGroup', {}, 'the-images-cache-tier-of-dev')).toEqual([
      [
        'name',
        expect.stringMatching(
          /^"the-images-cache-tier-of-dev-[0-9a-f]{7}", .* has 36 characters; AWS takes 32\. Shorten/,
        ),
      ],
    ]);
  });

  it('arguments of the provider that there are not', () => {
    expect(
      aws.checkConfig({ region: 'x', defaultTags: '{"tag":{}}' }).map(({ property }) => property),
    ).toEqual(['defaultTags.tag']);
    expect(() => new AwsProvider(new Records(folder)).configure({})).toThrow(
      'The AWS provider needs a region',
    );
  });

  it('a function that is not there says which are', async () => {
    await expect(aws.invoke('aws:rds/getCluster:getCluster', {})).rejects.toThrow(
      /has no function aws:rds\/getCluster:getCluster; it has: aws:ec2\/getSecurityGroup/,
    );
  });
});

describe('what is right', () => {
  it('passes, with all tags and a name', async () => {
    const result = await aws.check({
      urn: urnOf('aws:sqs/queue:Queue'),
      olds: null,
      news: { delaySeconds: 5, fifoQueue: true, tags: { Name: 'a' } },
    });
    expect(result).toEqual({
      failures: [],
      inputs: {
        delaySeconds: 5,
        fifoQueue: true,
        tags: { Name: 'a' },
        tagsAll: { Name: 'a', system: 'storage' },
        name: expect.stringMatching(/^one-[0-9a-f]{7}\.fifo$/) as string,
        __defaults: ['name'],
      },
    });
    const again = await aws.check({
      urn: urnOf('aws:sqs/queue:Queue', 'renamed'),
      olds: result.inputs,
      news: { delaySeconds: 6 },
    });
    expect(again.inputs['name']).toBe(result.inputs['name']);
  });

  it('answers in the region of the resource', async () => {
    const { properties } = await make('aws:acm/certificate:Certificate', {
      domainName: 'a',
      region: 'us-east-1',
    });
    expect(properties['arn']).toMatch(/^arn:aws:acm:us-east-1:123456789012:certificate\/one-[0-9a-f]{17}$/);
  });
});

describe('what protects what holds state', () => {
  it.each<[string, string, Wire, RegExp]>([
    [
      'an Aurora cluster',
      'aws:rds/cluster:Cluster',
      { engine: 'aurora-postgresql', deletionProtection: true },
      /^deleting aws:rds\/cluster:Cluster \(one-[0-9a-f]{7}\): .*deletionProtection\) is enabled/,
    ],
    [
      'one that would leave no last snapshot',
      'aws:rds/cluster:Cluster',
      { engine: 'aurora-postgresql' },
      /finalSnapshotIdentifier is required/,
    ],
    [
      'a load balancer',
      'aws:lb/loadBalancer:LoadBalancer',
      { enableDeletionProtection: true },
      /enableDeletionProtection\) is enabled/,
    ],
    [
      'an instance',
      'aws:ec2/instance:Instance',
      { disableApiTermination: true },
      /disableApiTermination\) is enabled/,
    ],
  ])('AWS refuses to delete %s', async (_what, type, news, refusal) => {
    const { urn, id, properties } = await make(type, news);
    await expect(aws.delete({ urn, id, properties })).rejects.toThrow(refusal);
    expect(await aws.read({ urn, id, inputs: news, properties })).not.toBeNull();
  });

  it('deletes what is not protected, and what is gone already', async () => {
    const { urn, id, properties } = await make('aws:ec2/instance:Instance', {});
    await aws.delete({ urn, id, properties });
    expect(await aws.read({ urn, id, inputs: {}, properties })).toBeNull();
    await aws.delete({ urn, id, properties });
  });

  it('a name that is taken cannot be taken again', async () => {
    await make('aws:s3/bucket:Bucket', { bucket: 'images' });
    await expect(make('aws:s3/bucket:Bucket', { bucket: 'images' })).rejects.toThrow(
      'creating aws:s3/bucket:Bucket (images): AlreadyExists',
    );
  });

  it('an instance that may not be stopped keeps its user data', async () => {
    const olds = { userData: 'one', disableApiStop: true };
    const { urn, id, properties } = await make('aws:ec2/instance:Instance', olds);
    const news = { ...olds, userData: 'two' };
    await expect(
      aws.update({ urn, id, oldInputs: olds, olds: properties, news, preview: false }),
    ).rejects.toThrow(`stopping EC2 Instance (${id}) to change userData: OperationNotPermitted`);
    // A preview asks AWS for nothing, so nothing refuses.
    expect(
      await aws.update({ urn, id, oldInputs: olds, olds: properties, news, preview: true }),
    ).toMatchObject(news);
  });
});

describe('what a change does', () => {
  const diff = (type: string, oldInputs: Wire, news: Wire) => {
    const { changes, deleteBeforeReplace } = aws.diff({ urn: urnOf(type), oldInputs, news });
    return {
      ...Object.fromEntries(changes.map(({ path: at, replaces }) => [at, replaces])),
      deleteBeforeReplace,
    };
  };

  it('a policy that says the same is the same', () => {
    expect(
      diff(
        'aws:iam/rolePolicy:RolePolicy',
        { role: 'r', policy: '{"a":[1],"b":2}' },
        { role: 'r', policy: '{ "b": 2, "a": [1] }' },
      ),
    ).toEqual({ deleteBeforeReplace: false });
  });

  it('a size changes in place, an encryption does not', () => {
    expect(
      diff('aws:ebs/volume:Volume', { size: 1, encrypted: true }, { size: 2, encrypted: false }),
    ).toEqual({
      size: false,
      encrypted: true,
      deleteBeforeReplace: false,
    });
  });

  it('what has a given name goes before what takes its place', () => {
    expect(diff('aws:sqs/queue:Queue', { name: 'a' }, { name: 'a', fifoQueue: true })).toEqual({
      fifoQueue: true,
      deleteBeforeReplace: true,
    });
  });
});
