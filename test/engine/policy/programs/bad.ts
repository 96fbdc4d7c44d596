import * as aws from '@pulumi/aws';

/** What each rule is there to stop, at least once. `EXPECTED` of the test says which resource is stopped by which. */
const provider = new aws.Provider('aws', { region: 'us-east-1' });
const made = { provider };

new aws.kms.Key('key', { enableKeyRotation: false, deletionWindowInDays: 7 }, made);
const vpc = new aws.ec2.Vpc('vpc', { cidrBlock: '10.20.0.0/16' }, made);
new aws.cloudwatch.LogGroup('logs', {}, made);
const bucket = new aws.s3.Bucket('bucket', { forceDestroy: true }, made);
new aws.s3.BucketPublicAccessBlock('bucket', { bucket: bucket.id, blockPublicAcls: false }, made);
new aws.s3.BucketPolicy(
  'bucket',
  {
    bucket: 'photos-of-everybody',
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid: 'Read', Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' }],
    }),
  },
  made,
);
new aws.sqs.Queue('queue', { sqsManagedSseEnabled: false }, made);
const group = new aws.ec2.SecurityGroup(
  'group',
  {
    vpcId: vpc.id,
    ingress: [{ protocol: 'tcp', fromPort: 22, toPort: 22, cidrBlocks: ['0.0.0.0/0'] }],
  },
  made,
);
new aws.vpc.SecurityGroupIngressRule(
  'everybody',
  { securityGroupId: group.id, ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' },
  made,
);
const subnet = new aws.ec2.Subnet(
  'subnet',
  { vpcId: vpc.id, cidrBlock: '10.20.0.0/24', mapPublicIpOnLaunch: true },
  made,
);
new aws.ec2.Instance(
  'node',
  {
    ami: 'ami-0123456789abcdef0',
    instanceType: 'i4i.4xlarge',
    subnetId: subnet.id,
    associatePublicIpAddress: true,
    metadataOptions: { httpTokens: 'optional' },
    rootBlockDevice: { encrypted: false },
  },
  made,
);
new aws.ec2.LaunchTemplate(
  'template',
  {
    metadataOptions: { httpTokens: 'required' },
    blockDeviceMappings: [{ deviceName: '/dev/xvda', ebs: { encrypted: 'true', kmsKeyId: 'alias/ours' } }],
  },
  made,
);
const role = new aws.iam.Role(
  'almighty',
  {
    assumeRolePolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
    }),
  },
  made,
);
new aws.iam.RolePolicy(
  'almighty',
  {
    role: role.name,
    policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
    }),
  },
  made,
);
new aws.rds.Cluster(
  'database',
  {
    engine: 'aurora-postgresql',
    masterUsername: 'root',
    masterPassword: 'hunter2hunter2',
    skipFinalSnapshot: true,
    storageEncrypted: false,
  },
  made,
);
const balancer = new aws.lb.LoadBalancer('front', { internal: false, subnets: [subnet.id] }, made);
new aws.lb.Listener(
  'plain',
  {
    loadBalancerArn: balancer.arn,
    port: 80,
    protocol: 'HTTP',
    defaultActions: [{ type: 'fixed-response', fixedResponse: { contentType: 'text/plain' } }],
  },
  made,
);
