import { beforeAll, describe, expect, it } from 'vitest';
import { Network, type NetworkArgs } from '../../../../../infra/foundation/network/network.ts';
import { INTERFACE_SERVICES } from '../../../../../infra/foundation/network/endpoints.ts';
import { record, valueOf, type RecordedProgram } from '../../../../support/recorded.ts';
import { documentIn, KEY, OUTPUTS, PLACE, refusalOf } from '../support.ts';

const ARGS: NetworkArgs = {
  ...PLACE,
  cidr: '10.20.0.0/16',
  zones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
  natGateways: 'one-per-zone',
  interfaceEndpoints: true,
  logDays: 90,
  logsKey: KEY,
};
const make = (args: Partial<NetworkArgs> = {}) =>
  record((options) => new Network('net', { ...ARGS, ...args }, options), OUTPUTS);

const SUBNET = 'aws:ec2/subnet:Subnet';
const ROUTE = 'aws:ec2/route:Route';
const ENDPOINT = 'aws:ec2/vpcEndpoint:VpcEndpoint';

describe('a network with private endpoints and a NAT gateway a zone', () => {
  let network: RecordedProgram<Network>;
  beforeAll(async () => {
    network = await make();
  });

  it('has the VPC as it is asked for', () => {
    expect(network.find('aws:ec2/vpc:Vpc', 'net-vpc').inputs).toEqual({
      cidrBlock: '10.20.0.0/16',
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: 'test' },
    });
  });

  it('empties the default security group', () => {
    const { inputs } = network.find('aws:ec2/defaultSecurityGroup:DefaultSecurityGroup', 'net-default-group');
    expect(inputs).toEqual({ vpcId: 'net-vpc-id', ingress: [], egress: [], tags: { Name: 'test-unused' } });
  });

  it('has three subnets a zone, none of which gives out public addresses', () => {
    const subnets = network.all(SUBNET);
    expect(
      Object.fromEntries(Object.entries(subnets).map(([name, inputs]) => [name, inputs['cidrBlock']])),
    ).toEqual({
      'net-eu-west-1a-private': '10.20.0.0/18',
      'net-eu-west-1a-public': '10.20.240.0/22',
      'net-eu-west-1a-storage': '10.20.192.0/20',
      'net-eu-west-1b-private': '10.20.64.0/18',
      'net-eu-west-1b-public': '10.20.244.0/22',
      'net-eu-west-1b-storage': '10.20.208.0/20',
      'net-eu-west-1c-private': '10.20.128.0/18',
      'net-eu-west-1c-public': '10.20.248.0/22',
      'net-eu-west-1c-storage': '10.20.224.0/20',
    });
    expect(network.find(SUBNET, 'net-eu-west-1b-storage').inputs).toEqual({
      vpcId: 'net-vpc-id',
      availabilityZone: 'eu-west-1b',
      cidrBlock: '10.20.208.0/20',
      mapPublicIpOnLaunch: false,
      tags: { Name: 'test-storage-eu-west-1b' },
    });
    expect(Object.values(subnets).every((inputs) => inputs['mapPublicIpOnLaunch'] === false)).toBe(true);
  });

  it('sends each private subnet through its own zone, and what stores nowhere', () => {
    expect(network.all(ROUTE)).toEqual({
      'net-public-internet': {
        routeTableId: 'net-public-id',
        destinationCidrBlock: '0.0.0.0/0',
        gatewayId: 'net-internet-id',
      },
      ...Object.fromEntries(
        ARGS.zones.map((zone) => [
          `net-${zone}-private-out`,
          {
            routeTableId: `net-${zone}-private-id`,
            destinationCidrBlock: '0.0.0.0/0',
            natGatewayId: `net-${zone}-nat-id`,
          },
        ]),
      ),
    });
  });

  it('puts each subnet in its route table and each NAT gateway in a public subnet', () => {
    const associations = network.all('aws:ec2/routeTableAssociation:RouteTableAssociation');
    expect(associations['net-eu-west-1a-public']).toEqual({
      subnetId: 'net-eu-west-1a-public-id',
      routeTableId: 'net-public-id',
    });
    expect(associations['net-eu-west-1a-storage']).toEqual({
      subnetId: 'net-eu-west-1a-storage-id',
      routeTableId: 'net-eu-west-1a-storage-id',
    });
    expect(Object.keys(associations)).toHaveLength(9);
    expect(network.find('aws:ec2/natGateway:NatGateway', 'net-eu-west-1c-nat').inputs).toEqual({
      subnetId: 'net-eu-west-1c-public-id',
      allocationId: 'net-eu-west-1c-nat-id',
      tags: { Name: 'test-nat-eu-west-1c' },
    });
  });

  it('reaches S3 by its gateway endpoint from private and storage subnets', () => {
    expect(network.find(ENDPOINT, 'net-s3').inputs).toEqual({
      vpcId: 'net-vpc-id',
      serviceName: 'com.amazonaws.eu-west-1.s3',
      vpcEndpointType: 'Gateway',
      routeTableIds: ARGS.zones.flatMap((zone) => [`net-${zone}-private-id`, `net-${zone}-storage-id`]),
      tags: { Name: 'test-s3' },
    });
  });

  it('has a private endpoint of every service that its parts call', () => {
    const endpoints = network.all(ENDPOINT);
    expect(
      Object.values(endpoints)
        .filter((inputs) => inputs['vpcEndpointType'] === 'Interface')
        .map((inputs) => inputs['serviceName'])
        .sort(),
    ).toEqual(INTERFACE_SERVICES.map((service) => `com.amazonaws.eu-west-1.${service}`).sort());
    expect(endpoints['net-endpoints-ecr-dkr']).toEqual({
      vpcId: 'net-vpc-id',
      serviceName: 'com.amazonaws.eu-west-1.ecr.dkr',
      vpcEndpointType: 'Interface',
      subnetIds: ARGS.zones.map((zone) => `net-${zone}-private-id`),
      securityGroupIds: ['net-endpoints-group-id'],
      privateDnsEnabled: true,
      tags: { Name: 'test-ecr-dkr' },
    });
  });

  it('writes down who spoke with whom, with a role that can write that only', () => {
    expect(network.all('aws:cloudwatch/logGroup:LogGroup')).toEqual({
      'net-flows-lines': { name: '/test/network/flows', retentionInDays: 90, kmsKeyId: 'arn:key' },
    });
    expect(network.find('aws:ec2/flowLog:FlowLog', 'net-flows-log').inputs).toEqual({
      vpcId: 'net-vpc-id',
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: 'arn:net-flows-lines',
      iamRoleArn: 'arn:net-flows-writer-role',
      maxAggregationInterval: 600,
    });
    const { policy } = network.find('aws:iam/rolePolicy:RolePolicy', 'net-flows-writer-policy').inputs;
    expect(documentIn(policy).Statement).toEqual([
      {
        Sid: 'Write',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        Resource: ['arn:net-flows-lines', 'arn:net-flows-lines:*'],
      },
    ]);
  });

  it('lets in nobody: it has no rule of its own', () => {
    expect(network.all('aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule')).toEqual({});
  });

  it('gives out what others build on', async () => {
    const { value } = network;
    expect(await valueOf(value.vpcId)).toBe('net-vpc-id');
    expect(await valueOf(value.s3EndpointId)).toBe('net-s3-id');
    expect(await valueOf(value.s3PrefixListId)).toBe('pl-net-s3');
    expect(value.zones.map((zone) => zone.name)).toEqual(ARGS.zones);
    const [first] = value.zones;
    expect(first && (await valueOf(first.storageSubnetId))).toBe('net-eu-west-1a-storage-id');
    expect(await Promise.all(value.natAddresses.map(valueOf))).toEqual(
      ARGS.zones.map((zone) => `address of net-${zone}-nat`),
    );
  });
});

describe('a cheap network', () => {
  it('has one NAT gateway, which everything goes through, and no interface endpoint', async () => {
    const { all, value } = await make({
      zones: ['eu-west-1a', 'eu-west-1b'],
      natGateways: 'one',
      interfaceEndpoints: false,
    });
    const nats = Object.entries(all(ROUTE)).map(([name, inputs]) => [name, inputs['natGatewayId']]);
    expect(Object.fromEntries(nats)).toEqual({
      'net-public-internet': undefined,
      'net-eu-west-1a-private-out': 'net-eu-west-1a-nat-id',
      'net-eu-west-1a-storage-out': 'net-eu-west-1a-nat-id',
      'net-eu-west-1b-private-out': 'net-eu-west-1a-nat-id',
      'net-eu-west-1b-storage-out': 'net-eu-west-1a-nat-id',
    });
    expect(Object.keys(all('aws:ec2/natGateway:NatGateway'))).toEqual(['net-eu-west-1a-nat']);
    expect(Object.keys(all(ENDPOINT))).toEqual(['net-s3']);
    expect(value.endpointsSecurityGroupId).toBeUndefined();
  });
});

describe('a network that cannot be', () => {
  it.each<[Partial<NetworkArgs>, string]>([
    [{ zones: ['eu-west-1a', 'us-east-1a'] }, 'zones name us-east-1a, which is not in the region eu-west-1'],
    [{ zones: ['eu-west-1a', 'eu-west-1a'] }, 'zones are eu-west-1a, eu-west-1a; each may be named once'],
    [
      { zones: ['eu-west-1a'] },
      'cidr and zones do not go together: 1 zones: the network is planned for 2 or 3',
    ],
    [
      { cidr: '10.20.0.0/24' },
      'cidr and zones do not go together: "10.20.0.0/24" has a prefix of 24 bits; a VPC with subnets for 3 zones needs 16 to 22',
    ],
  ])('%o is refused before any resource', async (args, message) => {
    const { value, resources } = await record(() =>
      refusalOf(() => new Network('net', { ...ARGS, ...args })),
    );
    expect(value).toBe(message);
    expect(resources.filter(({ type }) => type.startsWith('aws:'))).toEqual([]);
  });
});
