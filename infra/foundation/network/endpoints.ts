import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { whenReady } from '../ready.ts';
import { named } from '../tags.ts';
import { partSecurityGroup } from './traffic.ts';

/**
 * AWS' services that parts of the VPC call, by the last words of their endpoints' names. Everything that
 * nodes in the storage subnets need is among them, since those have no other way out.
 */
export const INTERFACE_SERVICES = [
  // Sessions and commands on nodes, in place of SSH.
  'ssm',
  'ssmmessages',
  'ec2messages',
  'ec2',
  'sts',
  // Credentials of pods (pod identity), and the cluster's own description.
  'eks-auth',
  'eks',
  'secretsmanager',
  'sqs',
  'kms',
  // Images: tokens and manifests here, layers through the gateway endpoint of S3.
  'ecr.api',
  'ecr.dkr',
  'logs',
  // Metrics that alarms are made of.
  'monitoring',
  // The database asks models (`aws_ml`) from its storage subnets.
  'sagemaker.runtime',
  'bedrock-runtime',
] as const;

export type InterfaceEndpointsArgs = {
  environment: string;
  region: string;
  vpcId: pulumi.Input<string>;
  /** One network interface a service and subnet, at about $7.30 a month each. */
  subnetIds: pulumi.Input<string>[];
};

/** Private addresses of AWS' services inside the VPC. Calls to them need no way to the internet. */
export class InterfaceEndpoints extends pulumi.ComponentResource {
  /** What may call them is allowed part by part (`allowToEndpoints`). Known once every endpoint exists. */
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: InterfaceEndpointsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:network:InterfaceEndpoints', name, {}, options);
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: args.vpcId, description: 'Private endpoints of AWS services' },
      { parent: this },
    );
    const endpoints = INTERFACE_SERVICES.map((service) => {
      const short = service.replace('.', '-');
      return new aws.ec2.VpcEndpoint(
        `${name}-${short}`,
        {
          vpcId: args.vpcId,
          serviceName: `com.amazonaws.${args.region}.${service}`,
          vpcEndpointType: 'Interface',
          subnetIds: args.subnetIds,
          securityGroupIds: [group.id],
          privateDnsEnabled: true,
          tags: named(`${args.environment}-${short}`),
        },
        { parent: this },
      );
    });
    this.securityGroupId = whenReady(group.id, endpoints);
    this.registerOutputs({ securityGroupId: this.securityGroupId });
  }
}
