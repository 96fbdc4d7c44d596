import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { distributionDefaults, nginxOrigin, type DistributionArgs } from './distribution-settings.ts';
import { MANAGED_ALL_VIEWER, MANAGED_CACHING_DISABLED } from './policies.ts';

const ALL_METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const NGINX_ID = 'nginx';

export type SignedDistributionArgs = DistributionArgs & {
  /** The name that signatures are made for; `BUCKET.NAME` leads here as well. */
  hostName: string;
};

/**
 * What is signed, on a host of its own: presigned links and browsers' uploads. CloudFront chooses a behaviour
 * by path and nothing else, so one host cannot tell a signed request from an anonymous one and be sure to
 * store the answer to the second only. Here nothing is stored, nothing fails over, and method, host, path,
 * query, body and headers go on as the viewer sent them.
 *
 * Made for links: CloudFront may ask for more than a `Range` names, and SDKs sign that header, so
 * applications use the private name.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html
 */
export class SignedDistribution extends pulumi.ComponentResource {
  readonly distribution: aws.cloudfront.Distribution;

  constructor(name: string, args: SignedDistributionArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:SignedDistribution', name, {}, options);
    this.distribution = new aws.cloudfront.Distribution(
      `${name}-distribution`,
      {
        ...distributionDefaults(args),
        comment: 'Signed requests for images',
        aliases: [args.hostName, `*.${args.hostName}`],
        origins: [nginxOrigin(NGINX_ID, args.nginx)],
        defaultCacheBehavior: {
          targetOriginId: NGINX_ID,
          // A redirect would repeat an upload, and shows its signature in clear first.
          viewerProtocolPolicy: 'https-only',
          allowedMethods: ALL_METHODS,
          cachedMethods: ['GET', 'HEAD'],
          cachePolicyId: MANAGED_CACHING_DISABLED,
          originRequestPolicyId: MANAGED_ALL_VIEWER,
          responseHeadersPolicyId: args.responseHeadersPolicyId,
          compress: false,
        },
      },
      { parent: this },
    );
    this.registerOutputs({ arn: this.distribution.arn });
  }
}
