import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { named } from '../tags.ts';
import type { ZoneSubnets } from './cidr.ts';

/** A zone's subnets, as parts are placed into them. */
export type NetworkZone = {
  /** Such as `us-east-1a`. */
  name: string;
  publicSubnetId: pulumi.Output<string>;
  privateSubnetId: pulumi.Output<string>;
  storageSubnetId: pulumi.Output<string>;
};

export type ZoneArgs = {
  environment: string;
  vpcId: pulumi.Input<string>;
  zone: string;
  subnets: ZoneSubnets;
  /** The route table of all public subnets. */
  publicRouteTableId: pulumi.Input<string>;
  /** True: a NAT gateway of its own, at $33 a month and $.045 a GB. */
  hasNat: boolean;
};

/** The subnets of one zone, each kind with its routes. Routes out of it are added by `routeOut`. */
export class Zone extends pulumi.ComponentResource {
  readonly subnets: NetworkZone;
  readonly privateRouteTableId: pulumi.Output<string>;
  readonly storageRouteTableId: pulumi.Output<string>;
  /** Present where the zone has a NAT gateway. */
  readonly nat: { gatewayId: pulumi.Output<string>; address: pulumi.Output<string> } | undefined;

  constructor(name: string, args: ZoneArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:network:Zone', name, {}, options);
    const label = (part: string) => named(`${args.environment}-${part}-${args.zone}`);
    const subnet = (kind: keyof ZoneSubnets): pulumi.Output<string> =>
      new aws.ec2.Subnet(
        `${name}-${kind}`,
        {
          vpcId: args.vpcId,
          availabilityZone: args.zone,
          cidrBlock: args.subnets[kind],
          // A load balancer or NAT gateway has its address by itself; nothing else has a public address.
          mapPublicIpOnLaunch: false,
          tags: label(kind),
        },
        { parent: this },
      ).id;
    const join = (kind: string, subnetId: pulumi.Output<string>, routeTableId: pulumi.Input<string>) =>
      new aws.ec2.RouteTableAssociation(`${name}-${kind}`, { subnetId, routeTableId }, { parent: this });
    const routeTable = (kind: 'private' | 'storage', subnetId: pulumi.Output<string>) => {
      const { id } = new aws.ec2.RouteTable(
        `${name}-${kind}`,
        { vpcId: args.vpcId, tags: label(kind) },
        { parent: this },
      );
      join(kind, subnetId, id);
      return id;
    };

    const publicSubnetId = subnet('public');
    const privateSubnetId = subnet('private');
    const storageSubnetId = subnet('storage');
    const inPublic = join('public', publicSubnetId, args.publicRouteTableId);
    this.privateRouteTableId = routeTable('private', privateSubnetId);
    this.storageRouteTableId = routeTable('storage', storageSubnetId);
    if (args.hasNat) {
      const address = new aws.ec2.Eip(`${name}-nat`, { domain: 'vpc', tags: label('nat') }, { parent: this });
      const gateway = new aws.ec2.NatGateway(
        `${name}-nat`,
        { subnetId: publicSubnetId, allocationId: address.id, tags: label('nat') },
        { parent: this, dependsOn: inPublic },
      );
      this.nat = { gatewayId: gateway.id, address: address.publicIp };
    }
    this.subnets = { name: args.zone, publicSubnetId, privateSubnetId, storageSubnetId };
    this.registerOutputs({});
  }
}
