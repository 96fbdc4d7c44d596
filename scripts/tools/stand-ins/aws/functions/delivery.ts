import { createHash } from 'node:crypto';
import { textOf, type AwsFunction } from './function.ts';

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHE_POLICIES: Record<string, string> = {
  'Managed-CachingOptimized': '658327ea-f89d-4fab-a63d-7e88639e58f6',
  'Managed-CachingDisabled': '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
  'Managed-CachingOptimizedForUncompressedObjects': 'b2884449-e4de-46a7-ac36-70bc7f1ddd6d',
  UseOriginCacheControlHeaders: '83da9c7e-98b4-4e11-a168-04f0df8e2c65',
  'UseOriginCacheControlHeaders-QueryStrings': '4cc15a8a-d715-48a4-82b8-cc0b614638fe',
};

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html */
const ORIGIN_REQUEST_POLICIES: Record<string, string> = {
  'Managed-AllViewer': '216adef6-5c7f-47e4-b989-5492eafa07d3',
  'Managed-AllViewerExceptHostHeader': 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
  'Managed-AllViewerAndCloudFrontHeaders-2022-06': '33f36d7e-f396-46d9-90e0-52428a34d9dc',
  'Managed-CORS-S3Origin': '88a5eaf4-2fd4-4709-b370-b4c650ea3fcf',
  'Managed-CORS-CustomOrigin': '59781a5b-3903-41f3-afcb-af62929ccde1',
};

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-response-headers-policies.html */
const RESPONSE_HEADERS_POLICIES: Record<string, string> = {
  'Managed-SecurityHeadersPolicy': '67f7725c-6f97-4210-82d7-5512b31e9d03',
  'Managed-SimpleCORS': '60669652-455b-4ae9-85a4-c4c02393f86c',
};

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/enable-access-logs.html */
const BALANCER_ACCOUNTS: Record<string, string> = {
  'us-east-1': '127311923021',
  'us-east-2': '033677994240',
  'us-west-2': '797873946194',
  'eu-west-1': '156460612806',
  'eu-central-1': '054676820928',
};

function managed(policies: Record<string, string>, kind: string): AwsFunction {
  return (args) => {
    const name = textOf(args, 'name');
    const id = args['id'] ?? policies[name];
    if (id === undefined)
      throw new Error(
        `no matching CloudFront ${kind} (${name}); managed are: ${Object.keys(policies).join(', ')}`,
      );
    return { id, name, etag: 'E23ZP02F085DFQ' };
  };
}

/** What delivers: managed policies, zones, buckets, and the accounts of load balancers. */
export const delivery: Record<string, AwsFunction> = {
  'aws:cloudfront/getCachePolicy:getCachePolicy': managed(CACHE_POLICIES, 'Cache Policy'),
  'aws:cloudfront/getOriginRequestPolicy:getOriginRequestPolicy': managed(
    ORIGIN_REQUEST_POLICIES,
    'Origin Request Policy',
  ),
  'aws:cloudfront/getResponseHeadersPolicy:getResponseHeadersPolicy': managed(
    RESPONSE_HEADERS_POLICIES,
    'Response Headers Policy',
  ),
  'aws:cloudfront/getLogDeliveryCanonicalUserId:getLogDeliveryCanonicalUserId': () => {
    const id = 'c4c1ede66af53448b93c283ce9448c4ba468c9432aa01d700d3878632f77d2d0';
    return { id };
  },
  'aws:elb/getServiceAccount:getServiceAccount': (_args, { region }) => {
    const id = BALANCER_ACCOUNTS[region];
    if (id === undefined) throw new Error(`There is no account of load balancers in ${region}.`);
    return { id, region, arn: `arn:aws:iam::${id}:root` };
  },
  'aws:s3/getBucket:getBucket': (args, { region }) => {
    const bucket = textOf(args, 'bucket');
    return {
      id: bucket,
      region,
      bucket,
      arn: `arn:aws:s3:::${bucket}`,
      bucketDomainName: `${bucket}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
      bucketRegion: region,
      hostedZoneId: 'Z3AQBSTGFYJSTF',
      websiteDomain: '',
      websiteEndpoint: '',
    };
  },
  'aws:route53/getZone:getZone': (args, { account }) => {
    const name = textOf(args, 'name', 'example.com').replace(/\.$/, '');
    const given = args['zoneId'];
    const zoneId = typeof given === 'string' ? given : `Z${digest(name).toUpperCase().slice(0, 20)}`;
    return {
      id: zoneId,
      zoneId,
      name,
      arn: `arn:aws:route53:::hostedzone/${zoneId}`,
      privateZone: args['privateZone'] === true,
      callerReference: digest(name).slice(0, 8),
      comment: '',
      linkedServiceDescription: '',
      linkedServicePrincipal: account,
      nameServers: [1, 2, 3, 4].map((server) => `ns-${server}.awsdns-0${server}.example`),
      primaryNameServer: 'ns-1.awsdns-01.example',
      resourceRecordSetCount: 2,
      tags: {},
      vpcId: '',
      enableAcceleratedRecovery: false,
    };
  },
};

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
