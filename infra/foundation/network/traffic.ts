import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { named } from '../tags.ts';
import { parseCidr } from './cidr.ts';

/** One side of a connection: what it is called in descriptions, and its security group. */
export type Part = { name: string; group: pulumi.Input<string> };
export type Ports = number | { from: number; to: number };

/** The security group of one part, without a rule: nothing comes in and nothing gets out until it is allowed. */
export function partSecurityGroup(
  name: string,
  args: { vpcId: pulumi.Input<string>; description: string },
  options?: pulumi.CustomResourceOptions,
): aws.ec2.SecurityGroup {
  assertDescription(args.description);
  return new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: args.vpcId,
      description: args.description,
      // Rules are resources of their own; given here too, each update would undo the others'.
      revokeRulesOnDelete: true,
      tags: named(name),
    },
    options,
  );
}

export type TrafficArgs = {
  from: Part;
  to: Part;
  ports: Ports;
  /** Default: `tcp`. */
  protocol?: 'tcp' | 'udp';
  /** Why the one must reach the other. Shown in the console; AWS takes up to 255 plain characters. */
  why: string;
};

/**
 * Lets one part reach another: out of `from`, and into `to`, by their groups, so that addresses may change.
 * A part may be allowed to reach itself.
 */
export function allowTraffic(name: string, args: TrafficArgs, options?: pulumi.CustomResourceOptions): void {
  const { from, to } = args;
  const out = rule(args.ports, args.protocol, `to ${to.name}: ${args.why}`);
  const into = rule(args.ports, args.protocol, `from ${from.name}: ${args.why}`);
  new aws.vpc.SecurityGroupEgressRule(
    `${name}-out`,
    { securityGroupId: from.group, referencedSecurityGroupId: to.group, ...out },
    options,
  );
  new aws.vpc.SecurityGroupIngressRule(
    `${name}-in`,
    { securityGroupId: to.group, referencedSecurityGroupId: from.group, ...into },
    options,
  );
}

/**
 * Lets addresses that have no group of ours (a peered network, a company's VPN) reach a part.
 *
 * @throws InputPropertyError for a block wider than /8: opening to the internet is said elsewhere
 */
export function allowFromAddresses(
  name: string,
  args: { addresses: readonly string[]; to: Part; ports: Ports; protocol?: 'tcp' | 'udp'; why: string },
  options?: pulumi.CustomResourceOptions,
): void {
  for (const [index, block] of args.addresses.entries()) {
    if (parseCidr(block).prefix < 8) {
      throw new pulumi.InputPropertyError({
        propertyPath: `addresses[${index}]`,
        reason: `is ${block}, which is most of the internet; name the networks that must reach ${args.to.name}`,
      });
    }
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-in-${index}`,
      { securityGroupId: args.to.group, cidrIpv4: block, ...rule(args.ports, args.protocol, args.why) },
      options,
    );
  }
}

/** Lets a part reach S3 through the VPC's gateway endpoint. Free, and it never leaves AWS' network. */
export function allowToS3(
  name: string,
  args: { from: Part; network: { s3PrefixListId: pulumi.Input<string> }; why: string },
  options?: pulumi.CustomResourceOptions,
): void {
  new aws.vpc.SecurityGroupEgressRule(
    `${name}-out`,
    {
      securityGroupId: args.from.group,
      prefixListId: args.network.s3PrefixListId,
      ...rule(443, 'tcp', `to S3: ${args.why}`),
    },
    options,
  );
}

/**
 * Lets a part call AWS' own services: through the VPC's private endpoints where it has them, else over TLS
 * to the internet through NAT. Names resolve to whichever exists. Where only some services have endpoints
 * (CloudFormation, S3 Control, …), use `allowToInternet` too.
 */
export function allowToEndpoints(
  name: string,
  args: { from: Part; network: { endpointsSecurityGroupId?: pulumi.Input<string> | undefined }; why: string },
  options?: pulumi.CustomResourceOptions,
): void {
  const group = args.network.endpointsSecurityGroupId;
  if (group === undefined) {
    allowToInternet(name, args, options);
    return;
  }
  allowTraffic(
    name,
    { from: args.from, to: { name: 'AWS endpoints', group }, ports: 443, why: args.why },
    options,
  );
}

/** Lets a part open TLS connections to anywhere, through NAT. Nothing gets in by it. */
export function allowToInternet(
  name: string,
  args: { from: Part; why: string },
  options?: pulumi.CustomResourceOptions,
): void {
  new aws.vpc.SecurityGroupEgressRule(
    `${name}-out`,
    { securityGroupId: args.from.group, cidrIpv4: '0.0.0.0/0', ...rule(443, 'tcp', args.why) },
    options,
  );
}

function rule(ports: Ports, protocol: 'tcp' | 'udp' = 'tcp', description: string) {
  assertDescription(description);
  const { from, to } = typeof ports === 'number' ? { from: ports, to: ports } : ports;
  if (!(from >= 1 && from <= to && to <= 65535)) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'ports',
      reason: `are ${from} to ${to}; must be 1 to 65535, the lower one first`,
    });
  }
  return { ipProtocol: protocol, fromPort: from, toPort: to, description };
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpRange.html */
function assertDescription(text: string): void {
  if (text.length <= 255 && /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/.test(text)) return;
  throw new pulumi.InputPropertyError({
    propertyPath: 'why',
    reason: `is "${text}"; AWS takes up to 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* (no apostrophes)`,
  });
}
