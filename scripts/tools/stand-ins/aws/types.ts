import { isListed } from '../changes.ts';

/** What the declarations of @pulumi/aws do not say of a type. In texts, `{…}` is as `filled` has it. */
export type AwsType = {
  /** The input that AWS knows it by, which gets a name where none is given. Default: `name`. */
  name?: string;
  /** The longest name that AWS takes. Default: 255 characters. */
  limit?: number;
  /** Its id; `arn`: the ARN. Default: its name, or a made-up one where it has none. */
  id?: string;
  /** What follows `arn:aws:`. Default: `SERVICE:{region}:{account}:KIND/{id}`. */
  arn?: string;
  /** Outputs that a program takes apart, or that are a list of one. Others are made up from name and kind. */
  outputs?: Record<string, unknown>;
  /** Inputs, separated by spaces, of which a change takes a new resource. */
  fixed?: string;
  /** Whether a change of its name takes no new resource. */
  renamable?: true;
  /** The input that makes AWS refuse to delete it. */
  guard?: string;
};

const OF_BUCKET: AwsType = { id: '{bucket}', fixed: 'bucket' };
const OF_OWNED_BUCKET: AwsType = { id: '{bucket}', fixed: 'bucket expectedBucketOwner' };

/**
 * By `SERVICE/KIND` of `aws:SERVICE/KIND:Type`: the types of the stacks, as far as they have something of their
 * own. `fixed` has what the provider marks `ForceNew` or `RequiresReplace`
 * (https://github.com/hashicorp/terraform-provider-aws, internal/service/SERVICE/TYPE.go), without `name`,
 * `namePrefix` and `region`, which nearly all types have.
 */
export const TYPES: Readonly<Record<string, AwsType>> = {
  'acm/certificate': {
    id: 'arn',
    fixed: `certificateAuthorityArn domainName keyAlgorithm subjectAlternativeNames validationMethod
      validationOptions`,
  },
  'acm/certificateValidation': { fixed: 'certificateArn validationRecordFqdns' },
  'autoscaling/attachment': { fixed: 'autoscalingGroupName elb lbTargetGroupArn' },
  'cloudfront/cachePolicy': { limit: 128, renamable: true },
  'cloudfront/distribution': {
    arn: 'cloudfront::{account}:distribution/{id}',
    fixed: 'continuousDeploymentPolicyId staging',
  },
  'cloudfront/function': { limit: 64, arn: 'cloudfront::{account}:function/{id}' },
  'cloudfront/monitoringSubscription': { id: '{distributionId}', fixed: 'distributionId' },
  'cloudfront/originAccessControl': { limit: 64, fixed: 'originAccessControlOriginType' },
  'cloudfront/responseHeadersPolicy': { limit: 128, renamable: true },
  'cloudwatch/logDeliveryDestination': { arn: 'logs:{region}:{account}:delivery-destination:{id}' },
  'cloudwatch/logGroup': {
    limit: 512,
    arn: 'logs:{region}:{account}:log-group:{id}',
    fixed: 'logGroupClass',
    guard: 'deletionProtectionEnabled',
  },
  'cloudwatch/metricAlarm': { arn: 'cloudwatch:{region}:{account}:alarm:{id}' },
  'ebs/volume': {
    fixed: `availabilityZone encrypted kmsKeyId multiAttachEnabled outpostArn snapshotId
      volumeInitializationRate`,
  },
  'ec2/defaultSecurityGroup': { fixed: 'vpcId' },
  'ec2/eip': { fixed: 'address customerOwnedIpv4Pool domain ipamPoolId networkBorderGroup publicIpv4Pool' },
  'ec2/flowLog': {
    fixed: `deliverCrossAccountRole destinationOptions eniId iamRoleArn logDestination logDestinationType
      logFormat maxAggregationInterval regionalNatGatewayId subnetId trafficType transitGatewayAttachmentId
      transitGatewayId vpcId`,
  },
  // `instanceType`, `userData` and the size of a root volume change in place.
  'ec2/instance': {
    id: 'i-0{16}',
    fixed: `ami associatePublicIpAddress availabilityZone cpuOptions ebsBlockDevices enablePrimaryIpv6
      enclaveOptions ephemeralBlockDevices getPasswordData hibernation hostResourceGroupArn
      instanceMarketOptions ipv6AddressCount ipv6Addresses keyName networkInterfaces placementGroup
      placementGroupId placementPartitionNumber primaryNetworkInterface privateIp rootBlockDevice.encrypted
      rootBlockDevice.kmsKeyId secondaryNetworkInterfaces securityGroups subnetId tenancy`,
    guard: 'disableApiTermination',
  },
  'ec2/launchTemplate': { limit: 125, id: 'lt-0{16}' },
  'ec2/natGateway': { fixed: 'allocationId availabilityMode connectivityType privateIp subnetId vpcId' },
  'ec2/route': {
    id: '{routeTableId}_{destinationCidrBlock}{destinationIpv6CidrBlock}{destinationPrefixListId}',
    fixed: 'destinationCidrBlock destinationIpv6CidrBlock destinationPrefixListId routeTableId',
  },
  'ec2/routeTable': { fixed: 'vpcId' },
  'ec2/routeTableAssociation': { fixed: 'gatewayId subnetId' },
  'ec2/securityGroup': { id: 'sg-0{16}', fixed: 'description vpcId' },
  'ec2/subnet': {
    id: 'subnet-0{16}',
    fixed: `availabilityZone availabilityZoneId cidrBlock ipv4IpamPoolId ipv4NetmaskLength ipv6IpamPoolId
      ipv6Native ipv6NetmaskLength outpostArn vpcId`,
  },
  'ec2/vpc': { id: 'vpc-0{16}', fixed: 'cidrBlock instanceTenancy ipv4IpamPoolId ipv4NetmaskLength' },
  'ec2/vpcEndpoint': {
    fixed: `resourceConfigurationArn serviceName serviceNetworkArn serviceRegion vpcEndpointType vpcId`,
  },
  'ecr/pullThroughCacheRule': {
    id: '{ecrRepositoryPrefix}',
    fixed: 'ecrRepositoryPrefix upstreamRegistryUrl upstreamRepositoryPrefix',
  },
  'ecr/repository': {
    limit: 256,
    arn: 'ecr:{region}:{account}:repository/{id}',
    outputs: { repositoryUrl: '{account}.dkr.ecr.{region}.amazonaws.com/{id}' },
    fixed: 'encryptionConfigurations',
  },
  'ecr/repositoryCreationTemplate': { id: '{prefix}', fixed: 'prefix' },
  'eks/accessEntry': { id: '{clusterName}:{principalArn}', fixed: 'clusterName principalArn type' },
  'eks/addon': { id: '{clusterName}:{addonName}', fixed: 'addonName clusterName namespaceConfig' },
  'eks/cluster': {
    limit: 100,
    outputs: { endpoint: 'https://{32}.gr7.{region}.eks.amazonaws.com' },
    fixed: `accessConfig.bootstrapClusterCreatorAdminPermissions bootstrapSelfManagedAddons
      encryptionConfig.provider.keyArn kubernetesNetworkConfig.ipFamily
      kubernetesNetworkConfig.serviceIpv4Cidr outpostConfig roleArn`,
    guard: 'deletionProtection',
  },
  'eks/nodeGroup': {
    name: 'nodeGroupName',
    limit: 63,
    id: '{clusterName}:{nodeGroupName}',
    outputs: { resources: [{ autoscalingGroups: [{ name: 'eks-{nodeGroupName}-{32}' }] }] },
    fixed: `amiType capacityType clusterName diskSize instanceTypes launchTemplate.id launchTemplate.name
      nodeGroupName nodeGroupNamePrefix nodeRoleArn remoteAccess subnetIds`,
  },
  'eks/podIdentityAssociation': { fixed: 'clusterName namespace serviceAccount' },
  'iam/instanceProfile': {
    limit: 128,
    arn: 'iam::{account}:instance-profile/{id}',
    fixed: 'path',
  },
  'iam/role': {
    limit: 64,
    arn: 'iam::{account}:role/{id}',
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    outputs: { uniqueId: 'AROA{X17}' },
    fixed: 'path',
  },
  'iam/rolePolicy': { limit: 128, id: '{role}:{name}', fixed: 'role' },
  'iam/rolePolicyAttachment': { id: '{role}/{policyArn}', fixed: 'policyArn role' },
  'kms/key': { fixed: 'customKeyStoreId customerMasterKeySpec keyUsage multiRegion xksKeyId' },
  'lambda/eventSourceMapping': {
    fixed: `amazonManagedKafkaEventSourceConfig eventSourceArn queues selfManagedEventSource startingPosition
      startingPositionTimestamp topics`,
  },
  'lambda/function': {
    limit: 64,
    arn: 'lambda:{region}:{account}:function:{id}',
    fixed: 'packageType durableConfig tenancyConfig',
  },
  'lb/listener': { id: 'arn', fixed: 'loadBalancerArn' },
  'lb/loadBalancer': {
    limit: 32,
    id: 'arn',
    arn: 'elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{16}',
    outputs: { arnSuffix: 'app/{name}/{16}' },
    fixed: 'customerOwnedIpv4Pool internal loadBalancerType',
    guard: 'enableDeletionProtection',
  },
  'lb/targetGroup': {
    limit: 32,
    id: 'arn',
    arn: 'elasticloadbalancing:{region}:{account}:targetgroup/{name}/{16}',
    outputs: { arnSuffix: 'targetgroup/{name}/{16}' },
    fixed: 'ipAddressType port protocol protocolVersion targetControlPort targetType vpcId',
  },
  'lb/targetGroupAttachment': { fixed: 'availabilityZone port quicServerId targetGroupArn targetId' },
  'rds/cluster': {
    name: 'clusterIdentifier',
    limit: 63,
    arn: 'rds:{region}:{account}:cluster:{id}',
    outputs: {
      masterUserSecrets: [{ secretArn: 'arn:aws:secretsmanager:{region}:{account}:secret:rds!{id}-{6}' }],
    },
    fixed: `availabilityZones clusterIdentifier clusterIdentifierPrefix databaseName dbSystemId engine
      engineMode kmsKeyId masterUsername restoreToPointInTime snapshotIdentifier sourceRegion
      storageEncrypted dbSubnetGroupName`,
    guard: 'deletionProtection',
  },
  'rds/clusterInstance': {
    name: 'identifier',
    limit: 63,
    arn: 'rds:{region}:{account}:db:{id}',
    fixed: `availabilityZone clusterIdentifier customIamInstanceProfile dbSubnetGroupName engine identifier
      identifierPrefix`,
  },
  'rds/clusterParameterGroup': { fixed: 'description family' },
  'rds/clusterRoleAssociation': {
    id: '{dbClusterIdentifier},{roleArn}',
    fixed: 'dbClusterIdentifier featureName roleArn',
  },
  'route53/record': { id: '{zoneId}_{name}_{type}_{setIdentifier}', fixed: 'setIdentifier type zoneId' },
  'route53/zone': { id: 'Z{20}', arn: 'route53:::hostedzone/{id}', fixed: 'delegationSetId' },
  's3/bucket': {
    name: 'bucket',
    limit: 63,
    arn: 's3:::{id}',
    outputs: { bucketRegionalDomainName: '{id}.s3.{region}.amazonaws.com' },
    fixed: 'bucket bucketNamespace bucketPrefix objectLockEnabled',
  },
  's3/bucketLifecycleConfiguration': OF_OWNED_BUCKET,
  's3/bucketLogging': OF_OWNED_BUCKET,
  's3/bucketMetric': { ...OF_BUCKET, id: '{bucket}:{name}' },
  's3/bucketOwnershipControls': OF_BUCKET,
  's3/bucketPolicy': OF_BUCKET,
  's3/bucketPublicAccessBlock': OF_BUCKET,
  's3/bucketServerSideEncryptionConfiguration': OF_OWNED_BUCKET,
  's3/bucketVersioning': OF_OWNED_BUCKET,
  's3/inventory': { ...OF_BUCKET, id: '{bucket}:{name}' },
  'secretsmanager/secret': {
    limit: 512,
    id: 'arn',
    arn: 'secretsmanager:{region}:{account}:secret:{name}-{6}',
  },
  'sns/topic': { limit: 256, id: 'arn', arn: 'sns:{region}:{account}:{name}', fixed: 'fifoTopic' },
  'sns/topicPolicy': { id: '{arn}', fixed: 'arn' },
  'sns/topicSubscription': { id: 'arn', fixed: 'endpoint protocol topic' },
  'sqs/queue': {
    limit: 80,
    id: 'https://sqs.{region}.amazonaws.com/{account}/{name}',
    arn: 'sqs:{region}:{account}:{name}',
    outputs: { url: '{id}' },
    fixed: 'fifoQueue',
  },
  'sqs/queuePolicy': { id: '{queueUrl}', fixed: 'queueUrl' },
  'sqs/redriveAllowPolicy': { id: '{queueUrl}' },
  'ssm/association': { id: '{32}' },
  'ssm/document': { limit: 128, fixed: 'documentType' },
  'ssm/parameter': { limit: 2048, arn: 'ssm:{region}:{account}:parameter{id}' },
  'vpc/securityGroupEgressRule': { fixed: 'securityGroupId' },
  'vpc/securityGroupIngressRule': { fixed: 'securityGroupId' },
  'wafv2/webAcl': {
    limit: 128,
    arn: 'wafv2:us-east-1:{account}:global/webacl/{name}/{id}',
    fixed: 'scope',
  },
  'wafv2/webAclLoggingConfiguration': { id: '{resourceArn}', fixed: 'resourceArn' },
};

/** @param type `aws:ec2/instance:Instance` */
export function awsType(type: string): AwsType {
  return TYPES[type.replace(/^aws:|:\w+$/g, '')] ?? {};
}

/** Whether a change of that path takes a new resource. */
export function replaces(type: string, path: string): boolean {
  const { fixed, renamable } = awsType(type);
  const names = renamable === true ? [] : ['name', 'namePrefix'];
  return isListed(path, ['region', ...names, ...(fixed?.split(/\s+/) ?? [])]);
}
