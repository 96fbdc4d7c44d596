import type * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import { EDGE_KEEP_ALIVE_SECONDS } from '../cache-tier/idle-seconds.ts';

/** CloudFront waits at most this long for the first byte of an answer unless AWS raises the account's quota. */
const MAXIMUM_READ_SECONDS = 60;

/** The load balancer before the cache tier, as CloudFront sees it. */
export type NginxOrigin = {
  vpcOriginId: pulumi.Input<string>;
  /** The name for which the load balancer shows its certificate. Where no other is handed on, the `Host` too. */
  hostName: string;
  /** The longest that a request may take before its answer begins, in seconds. */
  requestSeconds: number;
};

/**
 * An origin of a distribution that leads to the cache tier.
 *
 * @param originPath put before every path, for example `/BUCKET`
 */
export function nginxOrigin(
  originId: string,
  { vpcOriginId, hostName, requestSeconds }: NginxOrigin,
  originPath?: string,
): aws.types.input.cloudfront.DistributionOrigin {
  return {
    originId,
    domainName: hostName,
    originPath,
    // One address after another within 10 s, so that a failover is not waited for longer than that.
    connectionAttempts: 2,
    connectionTimeout: 5,
    vpcOriginConfig: {
      vpcOriginId,
      originReadTimeout: Math.min(requestSeconds, MAXIMUM_READ_SECONDS),
      originKeepaliveTimeout: EDGE_KEEP_ALIVE_SECONDS,
    },
  };
}

export type DistributionArgs = {
  nginx: NginxOrigin;
  responseHeadersPolicyId: pulumi.Input<string>;
  /** The certificate of the host's names; in us-east-1. */
  certificateArn: pulumi.Input<string>;
  firewallArn: pulumi.Input<string>;
};

/** What every distribution of ours has. */
export function distributionDefaults(args: DistributionArgs) {
  return {
    enabled: true,
    isIpv6Enabled: true,
    httpVersion: 'http2and3',
    webAclId: args.firewallArn,
    restrictions: { geoRestriction: { restrictionType: 'none', locations: [] } },
    viewerCertificate: {
      acmCertificateArn: args.certificateArn,
      sslSupportMethod: 'sni-only',
      minimumProtocolVersion: 'TLSv1.2_2021',
    },
    // Without these CloudFront repeats an error for 10 s: an image just uploaded would stay missing.
    customErrorResponses: [403, 404, 500, 502, 503, 504].map((errorCode) => ({
      errorCode,
      errorCachingMinTtl: 1,
    })),
  };
}
