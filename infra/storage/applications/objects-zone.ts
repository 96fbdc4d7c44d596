import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { protection, type Protection } from '../../foundation/protection.ts';

export type ObjectsZoneArgs = Protection & {
  /** The zone's name, for example `objects.example.com`. Inside the VPC it hides a public zone of that name. */
  objects: string;
  /** The VPC in which the names are known; nowhere else. */
  vpcId: pulumi.Input<string>;
};

/** The private zone of the stores' names. Who serves a name puts its record here (`loadBalancerName`). */
export class ObjectsZone extends pulumi.ComponentResource {
  readonly zoneId: pulumi.Output<string>;

  constructor(name: string, args: ObjectsZoneArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:applications:ObjectsZone', name, {}, options);
    const zone = new aws.route53.Zone(
      `${name}-zone`,
      {
        name: args.objects,
        comment: 'Names of the object stores inside the VPC',
        vpcs: [{ vpcId: args.vpcId }],
        // Records that the stack did not make would go with the zone.
        forceDestroy: false,
      },
      // Every application finds its objects by these names.
      { parent: this, ...protection(args) },
    );
    this.zoneId = zone.zoneId;
    this.registerOutputs({ zoneId: this.zoneId });
  }
}

export type LoadBalancerNameArgs = {
  /** The zone's id. */
  zoneId: pulumi.Input<string>;
  /** The name, for example `images.objects.example.com`, or a wildcard. */
  hostName: string;
  /** The load balancer's own name and the zone that it is in. */
  target: { dnsName: pulumi.Input<string>; zoneId: pulumi.Input<string> };
};

/**
 * Lets a name of a private zone lead to a load balancer. An alias: it follows the load balancer's addresses
 * and costs nothing a query.
 */
export function loadBalancerName(
  name: string,
  args: LoadBalancerNameArgs,
  options: pulumi.CustomResourceOptions,
): aws.route53.Record {
  return new aws.route53.Record(
    name,
    {
      zoneId: args.zoneId,
      name: args.hostName,
      type: 'A',
      aliases: [{ name: args.target.dnsName, zoneId: args.target.zoneId, evaluateTargetHealth: false }],
    },
    options,
  );
}
