import { createHash } from 'node:crypto';
import { textOf, type AwsFunction } from './function.ts';

function digest(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** Machines and networks that are there already. */
export const compute: Record<string, AwsFunction> = {
  'aws:ec2/getAmi:getAmi': (args, { region, account }) => {
    const id = `ami-0${digest(region, args['owners'], args['filters'], args['nameRegex']).slice(0, 16)}`;
    const pattern = filterOf(args, 'name');
    return {
      id,
      imageId: id,
      region,
      arn: `arn:aws:ec2:${region}::image/${id}`,
      architecture: filterOf(args, 'architecture') ?? 'x86_64',
      name: (pattern ?? 'image-*').replaceAll('*', '20260101'),
      ownerId: ((args['owners'] ?? []) as string[])[0] ?? account,
      creationDate: '2026-01-01T00:00:00.000Z',
      rootDeviceName: '/dev/xvda',
      rootDeviceType: 'ebs',
      virtualizationType: 'hvm',
      state: 'available',
      blockDeviceMappings: [],
      productCodes: [],
      tags: {},
    };
  },
  'aws:ssm/getParameter:getParameter': (args, { region, account }) => {
    const name = textOf(args, 'name');
    // Amazon publishes the images of the day as parameters; others exist only where somebody has put them.
    if (!name.startsWith('/aws/service/')) {
      throw new Error(`reading SSM Parameter (${name}): couldn't find resource`);
    }
    return {
      id: name,
      region,
      arn: `arn:aws:ssm:${region}::parameter${name}`,
      type: 'String',
      value: /ami|image_id|image-id/.test(name)
        ? `ami-0${digest(region, name).slice(0, 16)}`
        : digest(name).slice(0, 16),
      insecureValue: `ami-0${digest(region, name).slice(0, 16)}`,
      version: 1,
      account,
    };
  },
  'aws:ec2/getSecurityGroup:getSecurityGroup': (args, { region, account }) => {
    const name = filterOf(args, 'group-name') ?? textOf(args, 'name', 'default');
    const id = textOf(args, 'id', `sg-0${digest(region, args['vpcId'], name).slice(0, 16)}`);
    return {
      id,
      region,
      name,
      arn: `arn:aws:ec2:${region}:${account}:security-group/${id}`,
      description: name,
      tags: {},
      vpcId: filterOf(args, 'vpc-id') ?? textOf(args, 'vpcId'),
    };
  },
  'aws:ec2/getManagedPrefixList:getManagedPrefixList': (args, { region }) => {
    const name = textOf(args, 'name', textOf(args, 'id'));
    const id = `pl-${digest(region, name).slice(0, 8)}`;
    return {
      id,
      region,
      name,
      arn: `arn:aws:ec2:${region}:aws:prefix-list/${id}`,
      addressFamily: 'IPv4',
      entries: [{ cidr: '203.0.113.0/24', description: '' }],
      maxEntries: 55,
      ownerId: 'AWS',
      tags: {},
      version: 1,
    };
  },
  'aws:ec2/getPrefixList:getPrefixList': (args, { region }) => {
    const name = textOf(args, 'name');
    return { id: `pl-${digest(region, name).slice(0, 8)}`, region, name, cidrBlocks: ['52.216.0.0/15'] };
  },
  'aws:ec2/getInstanceType:getInstanceType': (args) => {
    throw new Error(
      `The stand-in for the aws plugin does not know instance type ${String(args['instanceType'])}: infra/ceph/instance-types.ts does.`,
    );
  },
  'aws:eks/getAddonVersion:getAddonVersion': (args, { region }) => ({
    id: args['addonName'],
    region,
    version: `v1.${parseInt(digest(args['addonName']).slice(0, 2), 16) % 30}.0-eksbuild.1`,
  }),
};

function filterOf(args: Record<string, unknown>, name: string): string | undefined {
  const filters = (args['filters'] ?? []) as { name: string; values: string[] }[];
  return filters.find((filter) => filter.name === name)?.values[0];
}
