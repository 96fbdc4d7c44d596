import { textOf, type AwsFunction } from './function.ts';

const NAMES: Record<string, string> = {
  'us-east-1': 'US East (N. Virginia)',
  'us-east-2': 'US East (Ohio)',
  'us-west-2': 'US West (Oregon)',
  'eu-west-1': 'Europe (Ireland)',
  'eu-central-1': 'Europe (Frankfurt)',
};

/** `us-east-1` is `use1` in the ids of its zones. */
function abbreviated(region: string): string {
  const [area = '', direction = '', number = ''] = region.split('-');
  return `${area}${direction.replaceAll(/([nsewc])\w*?(?=east|west|$)/g, '$1')}${number}`;
}

/** Where and as whom a program runs. */
export const places: Record<string, AwsFunction> = {
  'aws:index/getAvailabilityZones:getAvailabilityZones': (args, { region }) => {
    const excluded = (args['excludeNames'] ?? []) as string[];
    const names = ['a', 'b', 'c', 'd']
      .map((zone) => region + zone)
      .filter((name) => !excluded.includes(name));
    const zoneIds = names.map((_name, index) => `${abbreviated(region)}-az${index + 1}`);
    return { id: region, region, names, zoneIds, groupNames: [region] };
  },
  'aws:index/getAvailabilityZone:getAvailabilityZone': (args, { region }) => ({
    id: args['name'] ?? `${region}a`,
    name: args['name'] ?? `${region}a`,
    nameSuffix: textOf(args, 'name', 'a').slice(-1),
    region,
    zoneId: `${abbreviated(region)}-az1`,
    zoneType: 'availability-zone',
    state: 'available',
  }),
  'aws:index/getCallerIdentity:getCallerIdentity': (_args, { account }) => ({
    id: account,
    accountId: account,
    arn: `arn:aws:sts::${account}:assumed-role/deployment/session`,
    userId: 'AROADEPLOYMENT2EXAMPLE:session',
  }),
  'aws:index/getDefaultTags:getDefaultTags': (_args, { defaultTags }) => ({ id: 'aws', tags: defaultTags }),
  'aws:index/getPartition:getPartition': () => ({
    id: 'aws',
    partition: 'aws',
    dnsSuffix: 'amazonaws.com',
    reverseDnsPrefix: 'com.amazonaws',
  }),
  'aws:index/getRegion:getRegion': (_args, { region }) => ({
    id: region,
    name: region,
    region,
    description: NAMES[region] ?? region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  'aws:index/getService:getService': (args, { region }) => {
    const service = textOf(args, 'serviceId');
    return {
      id: `com.amazonaws.${region}.${service}`,
      region,
      dnsName: `${service}.${region}.amazonaws.com`,
      partition: 'aws',
      reverseDnsName: `com.amazonaws.${region}.${service}`,
      reverseDnsPrefix: 'com.amazonaws',
      serviceId: service,
      supported: true,
    };
  },
  'aws:index/getIpRanges:getIpRanges': () => ({
    id: '1',
    createDate: '2026-01-01-00-00-00',
    syncToken: 1,
    cidrBlocks: ['52.216.0.0/15'],
    ipv6CidrBlocks: [],
  }),
};
