import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

/** CloudFront makes this group in the VPC with the first VPC origin, and puts its network interfaces in it. */
const SERVICE_GROUP = 'CloudFront-VPCOrigins-Service-SG';

export type CacheTierOriginArgs = {
  /** Part of the origin's name in the console: `storage-ENVIRONMENT-cache-tier`. */
  environment: 'dev' | 'prod';
  vpcId: pulumi.Input<string>;
  loadBalancer: { arn: pulumi.Input<string>; securityGroupId: pulumi.Input<string> };
};

/** CloudFront's private way to the load balancer before the cache tier, which has no public address. */
export class CacheTierOrigin extends pulumi.ComponentResource {
  /** What a distribution's origin names. */
  readonly vpcOriginId: pulumi.Output<string>;

  constructor(name: string, args: CacheTierOriginArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:CacheTierOrigin', name, {}, options);
    const origin = new aws.cloudfront.VpcOrigin(
      `${name}-vpc-origin`,
      {
        vpcOriginEndpointConfig: {
          name: `storage-${args.environment}-cache-tier`,
          arn: args.loadBalancer.arn,
          httpPort: 80,
          httpsPort: 443,
          originProtocolPolicy: 'https-only',
          originSslProtocols: { quantity: 1, items: ['TLSv1.2'] },
        },
      },
      { parent: this },
    );
    // Known once the origin exists, and not before. The documented alternative, the prefix list of all edge
    // locations, takes 55 of the 60 rules that a security group may have.
    const serviceGroup = aws.ec2.getSecurityGroupOutput(
      {
        name: SERVICE_GROUP,
        vpcId: pulumi.all([args.vpcId, origin.id]).apply(([vpcId]) => vpcId),
      },
      { parent: this },
    );
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-from-cloudfront`,
      {
        securityGroupId: args.loadBalancer.securityGroupId,
        referencedSecurityGroupId: serviceGroup.id,
        ipProtocol: 'tcp',
        fromPort: 443,
        toPort: 443,
        description: 'CloudFront reads and writes images',
      },
      { parent: this },
    );
    this.vpcOriginId = origin.id;
    this.registerOutputs({ vpcOriginId: this.vpcOriginId });
  }
}
