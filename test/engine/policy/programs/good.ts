import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

/** One of each kind that the rules look at, as it should be: also what the pack must let pass in production. */
const provider = new aws.Provider('aws', {
  region: 'us-east-1',
  defaultTags: {
    tags: {
      system: 'storage',
      environment: 'test',
      owner: 'infrastructure',
      'cost-center': '4711',
      'managed-by': 'pulumi',
    },
  },
});
const owners = { owner: 'infrastructure', 'cost-center': '4711' };
const made = { provider };
const kept = { provider, protect: true, retainOnDelete: true };

const key = new aws.kms.Key('key', { enableKeyRotation: true, deletionWindowInDays: 30 }, kept);
const vpc = new aws.ec2.Vpc('vpc', { cidrBlock: '10.20.0.0/16' }, made);
const logs = new aws.cloudwatch.LogGroup('logs', { kmsKeyId: key.arn, retentionInDays: 90 }, made);
const flowRole = new aws.iam.Role(
  'flow',
  {
    assumeRolePolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'Flow',
          Effect: 'Allow',
          Principal: { Service: 'vpc-flow-logs.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ],
    }),
  },
  made,
);
new aws.ec2.FlowLog(
  'flow',
  { vpcId: vpc.id, trafficType: 'ALL', logDestination: logs.arn, iamRoleArn: flowRole.arn },
  made,
);
new aws.iam.RolePolicy(
  'flow',
  {
    role: flowRole.name,
    policy: logs.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Sid: 'Write', Effect: 'Allow', Action: ['logs:PutLogEvents'], Resource: [`${arn}:*`] }],
      }),
    ),
  },
  made,
);

const bucket = new aws.s3.Bucket('bucket', {}, kept);
new aws.s3.BucketPublicAccessBlock(
  'bucket',
  {
    bucket: bucket.id,
    blockPublicAcls: true,
    blockPublicPolicy: true,
    ignorePublicAcls: true,
    restrictPublicBuckets: true,
  },
  made,
);
new aws.s3.BucketServerSideEncryptionConfiguration(
  'bucket',
  {
    bucket: bucket.id,
    rules: [
      {
        applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: key.arn },
        bucketKeyEnabled: true,
      },
    ],
  },
  made,
);
new aws.s3.BucketPolicy(
  'bucket',
  {
    bucket: bucket.id,
    policy: bucket.arn.apply((arn) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [arn, `${arn}/*`],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      }),
    ),
  },
  made,
);

new aws.sqs.Queue('queue', { kmsMasterKeyId: key.arn }, kept);
const group = new aws.ec2.SecurityGroup('group', { vpcId: vpc.id, description: 'The nodes' }, made);
new aws.vpc.SecurityGroupIngressRule(
  'peers',
  {
    securityGroupId: group.id,
    referencedSecurityGroupId: group.id,
    ipProtocol: 'tcp',
    fromPort: 6800,
    toPort: 7568,
    description: 'Nodes among themselves',
  },
  made,
);
const subnet = new aws.ec2.Subnet('subnet', { vpcId: vpc.id, cidrBlock: '10.20.0.0/24' }, made);
new aws.ec2.Instance(
  'node',
  {
    ami: 'ami-0123456789abcdef0',
    instanceType: 'i4i.4xlarge',
    subnetId: subnet.id,
    vpcSecurityGroupIds: [group.id],
    metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
    rootBlockDevice: { encrypted: true, kmsKeyId: key.arn },
    disableApiStop: true,
    disableApiTermination: true,
    userData: '#!/bin/sh\n',
  },
  { ...kept, ignoreChanges: ['ami', 'userData', 'userDataBase64'] },
);
new aws.ec2.LaunchTemplate(
  'workers',
  {
    metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
    blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: 'true', kmsKeyId: key.arn } }],
    tagSpecifications: [
      { resourceType: 'instance', tags: owners },
      { resourceType: 'volume', tags: owners },
    ],
  },
  made,
);

export const bucketName = pulumi.output(bucket.bucket);
