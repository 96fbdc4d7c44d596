import { describe, expect, test } from 'vitest';
import { instanceMetadata } from '../../../../infra/policy/rules/instance-metadata.ts';
import { isOpen, openIngress } from '../../../../infra/policy/rules/open-ingress.ts';
import { publicAccess } from '../../../../infra/policy/rules/public-access.ts';
import { tlsOnly } from '../../../../infra/policy/rules/tls-only.ts';
import { UNKNOWN } from '../../../../infra/policy/values.ts';
import { expectRule, said, type Example } from './support.ts';

const gone = undefined;

const metadata = (type: string): Example => [
  type,
  { metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 } },
  [
    [{ metadataOptions: gone }, 'httpTokens'],
    [{ metadataOptions: { httpTokens: 'optional' } }, 'httpTokens'],
    [{ metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 3 } }, 'httpPutResponseHopLimit'],
  ],
];

test.each([metadata('aws:ec2/instance:Instance'), metadata('aws:ec2/launchTemplate:LaunchTemplate')])(
  '%s answers IMDSv2 only',
  (...example) => expectRule(instanceMetadata, example),
);

const INGRESS: Example[] = [
  [
    'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
    { referencedSecurityGroupId: 'sg-1', ipProtocol: 'tcp', fromPort: 443, toPort: 443 },
    [
      [{ cidrIpv4: '0.0.0.0/0' }, '0.0.0.0/0'],
      [{ cidrIpv6: '::/0' }, '::/0'],
      // Two halves are the whole, too.
      [{ cidrIpv4: '128.0.0.0/1' }, '128.0.0.0/1'],
    ],
  ],
  [
    'aws:ec2/securityGroup:SecurityGroup',
    { ingress: [{ cidrBlocks: ['10.20.0.0/16'] }] },
    [[{ ingress: [{ cidrBlocks: ['10.20.0.0/16', '0.0.0.0/0'] }] }, '0.0.0.0/0']],
  ],
  [
    'aws:ec2/defaultSecurityGroup:DefaultSecurityGroup',
    {},
    [[{ ingress: [{ ipv6CidrBlocks: ['::/0'] }] }, '::/0']],
  ],
  [
    'aws:ec2/securityGroupRule:SecurityGroupRule',
    { type: 'ingress', cidrBlocks: ['10.0.0.0/8'] },
    [[{ cidrBlocks: ['0.0.0.0/0'] }, '0.0.0.0/0']],
  ],
];

describe('open-ingress', () => {
  test.each(INGRESS)('%s', (...example) => expectRule(openIngress, example));

  test('the way out may be open', () => {
    const egress = { type: 'egress', cidrBlocks: ['0.0.0.0/0'] };
    expect(said(openIngress, 'aws:ec2/securityGroupRule:SecurityGroupRule', egress)).toEqual([]);
    expect(said(openIngress, 'aws:ec2/securityGroup:SecurityGroup', { egress: [egress] })).toEqual([]);
  });

  test.each([
    ['0.0.0.0/0', true],
    ['64.0.0.0/2', true],
    ['10.0.0.0/8', false],
    ['203.0.113.7/32', false],
    ['::/0', true],
    ['2000::/3', true],
    ['2001:db8::/32', false],
    [UNKNOWN, false],
    [undefined, false],
  ])('%s is open: %s', (cidr, open) => expect(isOpen(cidr)).toBe(open));
});

const anybody = (condition?: object) =>
  JSON.stringify({
    Statement: [
      { Sid: 'Read', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*', ...condition },
    ],
  });
const named = JSON.stringify({
  Statement: {
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Resource: '*',
  },
});
const document = (type: string, property = 'policy'): Example => [
  type,
  { [property]: named },
  [
    [{ [property]: anybody() }, 'the statement Read allows anybody'],
    [{ [property]: anybody({ Principal: { AWS: '*' } }) }, 'allows anybody'],
    // True of everybody who uses TLS, and of every account that there is.
    [{ [property]: anybody({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } }) }, 'allows anybody'],
    [{ [property]: anybody({ Condition: { StringLike: { 'aws:SourceAccount': '*' } } }) }, 'allows anybody'],
  ],
];
const flag = (type: string, property: string): Example => [
  type,
  { [property]: false },
  [[{ [property]: true }, property]],
];
const BLOCK = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
};
const EKS = {
  endpointPrivateAccess: true,
  endpointPublicAccess: true,
  publicAccessCidrs: ['203.0.113.7/32'],
};

const PUBLIC: Example[] = [
  [
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock',
    BLOCK,
    Object.keys(BLOCK).flatMap((name) => [
      [{ [name]: false }, name] as const,
      [{ [name]: gone }, name] as const,
    ]),
  ],
  ['aws:s3/bucketAcl:BucketAcl', { acl: 'private' }, [[{ acl: 'public-read' }, 'public-read']]],
  ['aws:s3/bucket:Bucket', {}, [[{ acl: 'authenticated-read' }, 'authenticated-read']]],
  document('aws:s3/bucketPolicy:BucketPolicy'),
  document('aws:sqs/queuePolicy:QueuePolicy'),
  document('aws:sqs/queue:Queue'),
  document('aws:sns/topicPolicy:TopicPolicy'),
  document('aws:sns/topic:Topic'),
  document('aws:kms/key:Key'),
  document('aws:kms/keyPolicy:KeyPolicy'),
  document('aws:secretsmanager/secret:Secret'),
  document('aws:secretsmanager/secretPolicy:SecretPolicy'),
  document('aws:ecr/repositoryPolicy:RepositoryPolicy'),
  document('aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate', 'repositoryPolicy'),
  document('aws:cloudwatch/eventBusPolicy:EventBusPolicy'),
  document('aws:iam/role:Role', 'assumeRolePolicy'),
  [
    'aws:lambda/permission:Permission',
    { principal: '*', sourceArn: 'arn:aws:sqs:us-east-1:111122223333:q' },
    [[{ sourceArn: gone }, 'principal']],
  ],
  [
    'aws:lambda/functionUrl:FunctionUrl',
    { authorizationType: 'AWS_IAM' },
    [[{ authorizationType: 'NONE' }, 'authorizationType']],
  ],
  flag('aws:rds/clusterInstance:ClusterInstance', 'publiclyAccessible'),
  flag('aws:rds/instance:Instance', 'publiclyAccessible'),
  flag('aws:ec2/subnet:Subnet', 'mapPublicIpOnLaunch'),
  flag('aws:ec2/instance:Instance', 'associatePublicIpAddress'),
  [
    'aws:ec2/launchTemplate:LaunchTemplate',
    { networkInterfaces: [{ associatePublicIpAddress: 'false' }] },
    [[{ networkInterfaces: [{ associatePublicIpAddress: 'true' }] }, 'associatePublicIpAddress']],
  ],
  [
    'aws:lb/loadBalancer:LoadBalancer',
    { internal: true },
    [
      [{ internal: false }, 'internal'],
      [{ internal: gone }, 'internal'],
    ],
  ],
  [
    'aws:eks/cluster:Cluster',
    { vpcConfig: EKS },
    [
      [{ vpcConfig: { ...EKS, endpointPrivateAccess: false } }, 'endpointPrivateAccess'],
      [{ vpcConfig: { ...EKS, publicAccessCidrs: [] } }, 'publicAccessCidrs'],
      [{ vpcConfig: { endpointPrivateAccess: true } }, 'publicAccessCidrs'],
      [{ vpcConfig: { ...EKS, publicAccessCidrs: ['203.0.113.7/32', '0.0.0.0/0'] } }, 'lets in 0.0.0.0/0'],
    ],
  ],
  [
    'kubernetes:core/v1:Service',
    { spec: { type: 'NodePort' } },
    [[{ spec: { type: 'LoadBalancer' } }, 'LoadBalancer']],
  ],
];

describe('public-access', () => {
  test.each(PUBLIC)('%s', (...example) => expectRule(publicAccess, example));

  test('anybody who comes through our endpoint is somebody', () => {
    const policy = anybody({ Condition: { StringEquals: { 'aws:SourceVpce': 'vpce-1' } } });
    expect(said(publicAccess, 'aws:s3/bucketPolicy:BucketPolicy', { policy })).toEqual([]);
  });

  test('to deny anybody is right, and what is not known yet is not judged', () => {
    const deny = anybody({ Effect: 'Deny' });
    expect(said(publicAccess, 'aws:s3/bucketPolicy:BucketPolicy', { policy: deny })).toEqual([]);
    expect(said(publicAccess, 'aws:s3/bucketPolicy:BucketPolicy', { policy: UNKNOWN })).toEqual([]);
    expect(
      said(publicAccess, 'aws:eks/cluster:Cluster', {
        vpcConfig: { ...EKS, endpointPublicAccess: false, publicAccessCidrs: [] },
      }),
    ).toEqual([]);
  });
});

const POLICY = 'ELBSecurityPolicy-TLS13-1-2-2021-06';
const DISTRIBUTION = {
  defaultCacheBehavior: { viewerProtocolPolicy: 'redirect-to-https' },
  orderedCacheBehaviors: [{ viewerProtocolPolicy: 'https-only' }],
  viewerCertificate: { acmCertificateArn: 'arn:…', minimumProtocolVersion: 'TLSv1.2_2021' },
  origins: [{ customOriginConfig: { originProtocolPolicy: 'https-only' } }, { domainName: 'b.s3' }],
};
const PARAMETERS = [{ name: 'rds.force_ssl', value: '1' }];

const TLS: Example[] = [
  [
    'aws:lb/listener:Listener',
    { protocol: 'HTTPS', port: 443, sslPolicy: POLICY },
    [
      [{ sslPolicy: gone }, 'sslPolicy'],
      [{ sslPolicy: 'ELBSecurityPolicy-2016-08' }, 'sslPolicy'],
      [{ protocol: 'TLS', sslPolicy: 'ELBSecurityPolicy-TLS13-1-0-2021-06' }, 'sslPolicy'],
      [{ protocol: 'HTTP', port: 80, defaultActions: [{ type: 'forward' }] }, 'protocol is HTTP'],
      [
        {
          protocol: 'HTTP',
          port: 80,
          defaultActions: [{ type: 'redirect', redirect: { protocol: 'HTTP' } }],
        },
        'HTTP',
      ],
      [{ protocol: 'TCP', port: 80 }, 'TCP on port 80'],
      [{ protocol: 'UDP' }, 'protocol is UDP'],
      [{ protocol: gone }, 'protocol is not set'],
    ],
  ],
  [
    'aws:cloudfront/distribution:Distribution',
    DISTRIBUTION,
    [
      [{ defaultCacheBehavior: { viewerProtocolPolicy: 'allow-all' } }, 'defaultCacheBehavior'],
      [{ orderedCacheBehaviors: [{ viewerProtocolPolicy: 'allow-all' }] }, 'orderedCacheBehaviors[0]'],
      [{ viewerCertificate: { minimumProtocolVersion: 'TLSv1' } }, 'minimumProtocolVersion'],
      [{ origins: [{ customOriginConfig: { originProtocolPolicy: 'http-only' } }] }, 'customOriginConfig'],
    ],
  ],
  [
    'aws:cloudfront/vpcOrigin:VpcOrigin',
    { vpcOriginEndpointConfig: { originProtocolPolicy: 'https-only' } },
    [[{ vpcOriginEndpointConfig: { originProtocolPolicy: 'match-viewer' } }, 'originProtocolPolicy']],
  ],
  [
    'aws:rds/clusterParameterGroup:ClusterParameterGroup',
    { family: 'aurora-postgresql17', parameters: PARAMETERS },
    [
      [{ parameters: [] }, 'rds.force_ssl'],
      [{ parameters: [{ name: 'rds.force_ssl', value: '0' }] }, 'rds.force_ssl'],
    ],
  ],
  [
    'aws:rds/cluster:Cluster',
    { iamDatabaseAuthenticationEnabled: true },
    [[{ iamDatabaseAuthenticationEnabled: gone }, 'iamDatabaseAuthenticationEnabled']],
  ],
];

describe('tls-only', () => {
  test.each(TLS)('%s', (...example) => expectRule(tlsOnly, example));

  test('HTTP that only sends to HTTPS, and TLS that is passed through', () => {
    const redirect = {
      protocol: 'HTTP',
      port: 80,
      defaultActions: [{ type: 'redirect', redirect: { protocol: 'HTTPS' } }],
    };
    expect(said(tlsOnly, 'aws:lb/listener:Listener', redirect)).toEqual([]);
    expect(said(tlsOnly, 'aws:lb/listener:Listener', { protocol: 'TCP', port: 443 })).toEqual([]);
  });

  test("CloudFront's own certificate", () => {
    const certificate = { ...DISTRIBUTION, viewerCertificate: { cloudfrontDefaultCertificate: true } };
    expect(said(tlsOnly, 'aws:cloudfront/distribution:Distribution', certificate)).toHaveLength(2);
  });
});
