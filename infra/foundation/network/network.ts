import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from '../keys.ts';
import { named } from '../tags.ts';
import { planSubnets, type ZoneSubnets } from './cidr.ts';
import { InterfaceEndpoints } from './endpoints.ts';
import { FlowLogs } from './flow-logs.ts';
import { Zone, type NetworkZone } from './zone.ts';

export type NetworkSettings = {
  /** The addresses of the VPC, /16 to /22. Cannot be changed later. */
  cidr: string;
  /** Two or three zones by name, in this order for ever: subnets are counted by it. */
  zones: readonly string[];
  /**
   * `one` ($33 a month): zones without one reach the internet through the first zone's, so its loss takes
   * them off the internet. `one-per-zone`: each zone works without the others.
   */
  natGateways: 'one' | 'one-per-zone';
  /**
   * True: AWS' services are reached by private endpoints, and what stores has no way to the internet at all.
   * False: through NAT; cheaper where there is little traffic.
   */
  interfaceEndpoints: boolean;
};

export type NetworkArgs = NetworkSettings & {
  environment: string;
  account: string;
  region: string;
  /** How long flow logs are kept. */
  logDays: number;
  /** `keys.logs`. */
  logsKey: EncryptionKey;
};

/**
 * A VPC whose zones have three kinds of subnets: public (NAT gateways), private (nodes, pods, functions) and
 * storage (Ceph, the database). Nothing reaches in from outside but what a load balancer of another
 * component lets through, and nobody logs in but by SSM sessions.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  readonly cidr: string;
  readonly zones: readonly NetworkZone[];
  /** The gateway endpoint of S3: bucket policies may name it (`aws:SourceVpce`). */
  readonly s3EndpointId: pulumi.Output<string>;
  /** S3's addresses in this region, for rules of security groups. */
  readonly s3PrefixListId: pulumi.Output<string>;
  /** Absent where there are no interface endpoints. */
  readonly endpointsSecurityGroupId?: pulumi.Output<string>;
  /** What the internet sees callers as. */
  readonly natAddresses: readonly pulumi.Output<string>[];

  constructor(name: string, args: NetworkArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:network:Network', name, {}, options);
    const plan = validate(args);
    const child = { parent: this };
    const tags = named(args.environment);
    const vpc = new aws.ec2.Vpc(
      `${name}-vpc`,
      { cidrBlock: args.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags },
      child,
    );
    // A VPC is born with a group that lets its members reach each other; what forgets to choose lands in it.
    new aws.ec2.DefaultSecurityGroup(
      `${name}-default-group`,
      { vpcId: vpc.id, ingress: [], egress: [], tags: named(`${args.environment}-unused`) },
      child,
    );
    const gateway = new aws.ec2.InternetGateway(`${name}-internet`, { vpcId: vpc.id, tags }, child);
    const publicRoutes = new aws.ec2.RouteTable(
      `${name}-public`,
      { vpcId: vpc.id, tags: named(`${args.environment}-public`) },
      child,
    );
    const toInternet = new aws.ec2.Route(
      `${name}-public-internet`,
      { routeTableId: publicRoutes.id, destinationCidrBlock: '0.0.0.0/0', gatewayId: gateway.id },
      child,
    );
    const zones = plan.map(
      ({ zone, subnets }, index) =>
        new Zone(
          `${name}-${zone}`,
          {
            environment: args.environment,
            vpcId: vpc.id,
            zone,
            subnets,
            publicRouteTableId: publicRoutes.id,
            hasNat: args.natGateways === 'one-per-zone' || index === 0,
          },
          { ...child, dependsOn: toInternet },
        ),
    );
    this.routeOut(name, zones, !args.interfaceEndpoints);
    const s3 = new aws.ec2.VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${args.region}.s3`,
        vpcEndpointType: 'Gateway',
        routeTableIds: zones.flatMap((zone) => [zone.privateRouteTableId, zone.storageRouteTableId]),
        tags: named(`${args.environment}-s3`),
      },
      child,
    );
    if (args.interfaceEndpoints) {
      const endpoints = new InterfaceEndpoints(
        `${name}-endpoints`,
        {
          environment: args.environment,
          region: args.region,
          vpcId: vpc.id,
          subnetIds: zones.map((zone) => zone.subnets.privateSubnetId),
        },
        child,
      );
      this.endpointsSecurityGroupId = endpoints.securityGroupId;
    }
    new FlowLogs(
      `${name}-flows`,
      {
        environment: args.environment,
        account: args.account,
        region: args.region,
        vpcId: vpc.id,
        days: args.logDays,
        key: args.logsKey,
      },
      child,
    );
    this.vpcId = vpc.id;
    this.cidr = args.cidr;
    this.zones = zones.map((zone) => zone.subnets);
    this.s3EndpointId = s3.id;
    this.s3PrefixListId = s3.prefixListId;
    this.natAddresses = zones.flatMap((zone) => (zone.nat === undefined ? [] : [zone.nat.address]));
    this.registerOutputs({ vpcId: this.vpcId, s3EndpointId: this.s3EndpointId });
  }

  /** Private subnets reach out through NAT; storage subnets only where AWS' services have no private way. */
  private routeOut(name: string, zones: readonly Zone[], storageToo: boolean): void {
    const first = zones[0]?.nat;
    for (const zone of zones) {
      const nat = zone.nat ?? first;
      if (nat === undefined) continue;
      const route = (kind: 'private' | 'storage', routeTableId: pulumi.Output<string>) =>
        new aws.ec2.Route(
          `${name}-${zone.subnets.name}-${kind}-out`,
          { routeTableId, destinationCidrBlock: '0.0.0.0/0', natGatewayId: nat.gatewayId },
          { parent: this },
        );
      route('private', zone.privateRouteTableId);
      if (storageToo) route('storage', zone.storageRouteTableId);
    }
  }
}

function validate(args: NetworkArgs): { zone: string; subnets: ZoneSubnets }[] {
  const refuse = (propertyPath: string, reason: string) =>
    new pulumi.InputPropertyError({ propertyPath, reason });
  const elsewhere = args.zones.find((zone) => !zone.startsWith(args.region));
  if (elsewhere !== undefined) {
    throw refuse('zones', `name ${elsewhere}, which is not in the region ${args.region}`);
  }
  if (new Set(args.zones).size !== args.zones.length) {
    throw refuse('zones', `are ${args.zones.join(', ')}; each may be named once`);
  }
  let subnets: ZoneSubnets[];
  try {
    subnets = planSubnets(args.cidr, args.zones.length);
  } catch (error) {
    if (error instanceof RangeError) throw refuse('cidr and zones', `do not go together: ${error.message}`);
    throw error;
  }
  return args.zones.flatMap((zone, index) => {
    const planned = subnets[index];
    return planned === undefined ? [] : [{ zone, subnets: planned }];
  });
}
