/**
 * The rights that making, changing, reading and removing a resource of a type takes, beside its tags: the
 * handlers' permissions in CloudFormation's schemas of the types, and the calls in Terraform's provider, which
 * `@pulumi/aws` is made of. A service is said once: `ec2 CreateVpc DeleteVpc`.
 */
export const RIGHTS_OF_TYPES: Readonly<Record<string, readonly string[]>> = {
  'acm/certificate:Certificate': ['acm RequestCertificate DescribeCertificate DeleteCertificate'],
  'acm/certificateValidation:CertificateValidation': ['acm DescribeCertificate'],
  'autoscaling/attachment:Attachment': [
    'autoscaling AttachLoadBalancerTargetGroups DetachLoadBalancerTargetGroups DescribeAutoScalingGroups',
  ],
  'cloudfront/cachePolicy:CachePolicy': [
    'cloudfront CreateCachePolicy GetCachePolicy UpdateCachePolicy DeleteCachePolicy',
  ],
  'cloudfront/distribution:Distribution': [
    'cloudfront CreateDistribution GetDistribution UpdateDistribution DeleteDistribution',
    'wafv2 GetWebACL',
  ],
  'cloudfront/function:Function': [
    'cloudfront CreateFunction DescribeFunction GetFunction UpdateFunction PublishFunction DeleteFunction',
  ],
  'cloudfront/monitoringSubscription:MonitoringSubscription': [
    'cloudfront CreateMonitoringSubscription GetMonitoringSubscription DeleteMonitoringSubscription',
  ],
  'cloudfront/originAccessControl:OriginAccessControl': [
    'cloudfront CreateOriginAccessControl GetOriginAccessControl UpdateOriginAccessControl DeleteOriginAccessControl',
  ],
  'cloudfront/responseHeadersPolicy:ResponseHeadersPolicy': [
    'cloudfront CreateResponseHeadersPolicy GetResponseHeadersPolicy UpdateResponseHeadersPolicy',
    'cloudfront DeleteResponseHeadersPolicy',
  ],
  'cloudfront/vpcOrigin:VpcOrigin': [
    'cloudfront CreateVpcOrigin GetVpcOrigin UpdateVpcOrigin DeleteVpcOrigin',
    'ec2 DescribeInternetGateways DescribeSecurityGroups DescribeSubnets DescribeVpcs',
    'elasticloadbalancing DescribeLoadBalancers DescribeListeners',
    'iam CreateServiceLinkedRole',
  ],
  'cloudwatch/logDelivery:LogDelivery': ['logs CreateDelivery GetDelivery DeleteDelivery'],
  'cloudwatch/logDeliveryDestination:LogDeliveryDestination': [
    'logs PutDeliveryDestination GetDeliveryDestination DeleteDeliveryDestination',
  ],
  'cloudwatch/logDeliverySource:LogDeliverySource': [
    'logs PutDeliverySource GetDeliverySource DeleteDeliverySource',
    'cloudfront AllowVendedLogDeliveryForResource',
  ],
  'cloudwatch/logGroup:LogGroup': [
    'logs CreateLogGroup DescribeLogGroups PutRetentionPolicy AssociateKmsKey DeleteLogGroup',
  ],
  'cloudwatch/eventRule:EventRule': ['events PutRule DescribeRule DeleteRule'],
  'cloudwatch/eventTarget:EventTarget': ['events PutTargets ListTargetsByRule RemoveTargets'],
  'cloudwatch/metricAlarm:MetricAlarm': ['cloudwatch PutMetricAlarm DescribeAlarms DeleteAlarms'],
  'ec2/defaultSecurityGroup:DefaultSecurityGroup': [
    'ec2 DescribeSecurityGroups RevokeSecurityGroupIngress RevokeSecurityGroupEgress',
  ],
  'ec2/eip:Eip': ['ec2 AllocateAddress DescribeAddresses ReleaseAddress'],
  'ec2/flowLog:FlowLog': ['ec2 CreateFlowLogs DescribeFlowLogs DeleteFlowLogs', 'iam PassRole'],
  'ec2/instance:Instance': [
    'ec2 RunInstances DescribeInstances DescribeInstanceAttribute ModifyInstanceAttribute DescribeVolumes',
    'ec2 ModifyInstanceMetadataOptions TerminateInstances',
    'kms CreateGrant GenerateDataKeyWithoutPlaintext',
    'iam PassRole',
  ],
  'ec2/internetGateway:InternetGateway': [
    'ec2 CreateInternetGateway AttachInternetGateway DescribeInternetGateways DetachInternetGateway',
    'ec2 DeleteInternetGateway',
  ],
  'ec2/launchTemplate:LaunchTemplate': [
    'ec2 CreateLaunchTemplate CreateLaunchTemplateVersion DescribeLaunchTemplates',
    'ec2 DescribeLaunchTemplateVersions ModifyLaunchTemplate DeleteLaunchTemplate',
  ],
  'ec2/natGateway:NatGateway': ['ec2 CreateNatGateway DescribeNatGateways DeleteNatGateway'],
  'ec2/route:Route': ['ec2 CreateRoute ReplaceRoute DescribeRouteTables DeleteRoute'],
  'ec2/routeTable:RouteTable': ['ec2 CreateRouteTable DescribeRouteTables DeleteRouteTable'],
  'ec2/routeTableAssociation:RouteTableAssociation': [
    'ec2 AssociateRouteTable ReplaceRouteTableAssociation DisassociateRouteTable',
  ],
  'ec2/securityGroup:SecurityGroup': [
    'ec2 CreateSecurityGroup DescribeSecurityGroups RevokeSecurityGroupEgress DeleteSecurityGroup',
  ],
  'ec2/subnet:Subnet': ['ec2 CreateSubnet ModifySubnetAttribute DescribeSubnets DeleteSubnet'],
  'ec2/vpc:Vpc': ['ec2 CreateVpc ModifyVpcAttribute DescribeVpcAttribute DescribeVpcs DeleteVpc'],
  'ec2/vpcEndpoint:VpcEndpoint': [
    'ec2 CreateVpcEndpoint ModifyVpcEndpoint DescribeVpcEndpoints DescribePrefixLists DeleteVpcEndpoints',
    'route53 AssociateVPCWithHostedZone',
  ],
  'ecr/pullThroughCacheRule:PullThroughCacheRule': [
    'ecr CreatePullThroughCacheRule DescribePullThroughCacheRules DeletePullThroughCacheRule',
    'iam CreateServiceLinkedRole',
  ],
  'ecr/repository:Repository': [
    'ecr CreateRepository DescribeRepositories PutImageScanningConfiguration PutImageTagMutability',
    'ecr DeleteRepository',
    'kms CreateGrant DescribeKey RetireGrant',
  ],
  'ecr/repositoryCreationTemplate:RepositoryCreationTemplate': [
    'ecr CreateRepositoryCreationTemplate DescribeRepositoryCreationTemplates',
    'ecr UpdateRepositoryCreationTemplate DeleteRepositoryCreationTemplate',
    'iam PassRole',
  ],
  'eks/accessEntry:AccessEntry': [
    'eks CreateAccessEntry DescribeAccessEntry UpdateAccessEntry DeleteAccessEntry',
  ],
  'eks/addon:Addon': ['eks CreateAddon DescribeAddon UpdateAddon DeleteAddon', 'iam PassRole'],
  'eks/cluster:Cluster': [
    'eks CreateCluster DescribeCluster UpdateClusterConfig UpdateClusterVersion DescribeUpdate DeleteCluster',
    'kms CreateGrant DescribeKey',
    'iam PassRole CreateServiceLinkedRole',
  ],
  'eks/nodeGroup:NodeGroup': [
    'eks CreateNodegroup DescribeNodegroup UpdateNodegroupConfig UpdateNodegroupVersion DeleteNodegroup',
    'ec2 DescribeLaunchTemplateVersions RunInstances',
    'iam PassRole GetRole CreateServiceLinkedRole',
  ],
  'eks/podIdentityAssociation:PodIdentityAssociation': [
    'eks CreatePodIdentityAssociation DescribePodIdentityAssociation UpdatePodIdentityAssociation',
    'eks DeletePodIdentityAssociation',
    'iam PassRole',
  ],
  'iam/instanceProfile:InstanceProfile': [
    'iam CreateInstanceProfile AddRoleToInstanceProfile GetInstanceProfile RemoveRoleFromInstanceProfile',
    'iam DeleteInstanceProfile PassRole',
  ],
  'iam/policy:Policy': [
    'iam CreatePolicy GetPolicy GetPolicyVersion CreatePolicyVersion ListPolicyVersions DeletePolicy',
  ],
  'iam/role:Role': ['iam CreateRole GetRole UpdateRole UpdateAssumeRolePolicy ListRolePolicies DeleteRole'],
  'iam/rolePolicy:RolePolicy': ['iam PutRolePolicy GetRolePolicy DeleteRolePolicy'],
  'iam/rolePolicyAttachment:RolePolicyAttachment': [
    'iam AttachRolePolicy ListAttachedRolePolicies DetachRolePolicy',
  ],
  'kms/key:Key': [
    'kms CreateKey DescribeKey GetKeyPolicy PutKeyPolicy EnableKeyRotation GetKeyRotationStatus',
    'kms UpdateKeyDescription ScheduleKeyDeletion ListResourceTags',
  ],
  'lambda/eventSourceMapping:EventSourceMapping': [
    'lambda CreateEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping',
  ],
  'lambda/function:Function': [
    'lambda CreateFunction GetFunction GetFunctionCodeSigningConfig ListVersionsByFunction',
    'lambda UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction',
    'ec2 DescribeSecurityGroups DescribeSubnets DescribeVpcs',
    'kms CreateGrant Decrypt Encrypt',
    'iam PassRole',
  ],
  'lb/listener:Listener': [
    'elasticloadbalancing CreateListener DescribeListeners ModifyListener ModifyListenerAttributes DeleteListener',
  ],
  'lb/loadBalancer:LoadBalancer': [
    'elasticloadbalancing CreateLoadBalancer DescribeLoadBalancers DescribeLoadBalancerAttributes',
    'elasticloadbalancing ModifyLoadBalancerAttributes SetSecurityGroups SetSubnets DeleteLoadBalancer',
    'iam CreateServiceLinkedRole',
  ],
  'lb/targetGroup:TargetGroup': [
    'elasticloadbalancing CreateTargetGroup DescribeTargetGroups ModifyTargetGroup ModifyTargetGroupAttributes',
    'elasticloadbalancing DeleteTargetGroup',
  ],
  'lb/targetGroupAttachment:TargetGroupAttachment': [
    'elasticloadbalancing RegisterTargets DescribeTargetHealth DeregisterTargets',
  ],
  'rds/cluster:Cluster': [
    'rds CreateDBCluster DescribeDBClusters ModifyDBCluster DeleteDBCluster CreateDBClusterSnapshot',
    'secretsmanager CreateSecret TagResource',
    'kms CreateGrant DescribeKey',
    'iam CreateServiceLinkedRole',
  ],
  'rds/clusterInstance:ClusterInstance': [
    'rds CreateDBInstance DescribeDBInstances ModifyDBInstance DeleteDBInstance',
    'iam PassRole',
  ],
  'rds/clusterParameterGroup:ClusterParameterGroup': [
    'rds CreateDBClusterParameterGroup ModifyDBClusterParameterGroup DescribeDBClusterParameters',
    'rds DescribeDBClusterParameterGroups ResetDBClusterParameterGroup DeleteDBClusterParameterGroup',
  ],
  'rds/clusterRoleAssociation:ClusterRoleAssociation': [
    'rds AddRoleToDBCluster RemoveRoleFromDBCluster',
    'iam PassRole',
  ],
  'rds/subnetGroup:SubnetGroup': [
    'rds CreateDBSubnetGroup DescribeDBSubnetGroups ModifyDBSubnetGroup DeleteDBSubnetGroup',
  ],
  'route53/record:Record': [
    'route53 ChangeResourceRecordSets GetChange ListResourceRecordSets GetHostedZone',
  ],
  'route53/zone:Zone': [
    'route53 CreateHostedZone GetHostedZone AssociateVPCWithHostedZone UpdateHostedZoneComment DeleteHostedZone',
    'ec2 DescribeVpcs',
  ],
  's3/bucket:Bucket': [
    's3 CreateBucket ListBucket GetBucketLocation GetBucketAcl GetBucketCORS GetBucketWebsite GetBucketTagging',
    's3 GetAccelerateConfiguration GetBucketRequestPayment GetReplicationConfiguration',
    's3 GetBucketObjectLockConfiguration PutBucketTagging DeleteBucket',
  ],
  's3/bucketLifecycleConfiguration:BucketLifecycleConfiguration': [
    's3 PutLifecycleConfiguration GetLifecycleConfiguration',
  ],
  's3/bucketLogging:BucketLogging': ['s3 PutBucketLogging GetBucketLogging'],
  's3/bucketMetric:BucketMetric': ['s3 PutMetricsConfiguration GetMetricsConfiguration'],
  's3/bucketOwnershipControls:BucketOwnershipControls': [
    's3 PutBucketOwnershipControls GetBucketOwnershipControls',
  ],
  's3/bucketPolicy:BucketPolicy': ['s3 PutBucketPolicy GetBucketPolicy DeleteBucketPolicy'],
  's3/bucketPublicAccessBlock:BucketPublicAccessBlock': [
    's3 PutBucketPublicAccessBlock GetBucketPublicAccessBlock',
  ],
  's3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration': [
    's3 PutEncryptionConfiguration GetEncryptionConfiguration',
  ],
  's3/bucketVersioning:BucketVersioning': ['s3 PutBucketVersioning GetBucketVersioning'],
  's3/inventory:Inventory': ['s3 PutInventoryConfiguration GetInventoryConfiguration'],
  'secretsmanager/secret:Secret': [
    'secretsmanager CreateSecret DescribeSecret GetResourcePolicy UpdateSecret DeleteSecret',
    'kms DescribeKey',
  ],
  'sns/topic:Topic': ['sns CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic'],
  'sns/topicPolicy:TopicPolicy': ['sns SetTopicAttributes GetTopicAttributes'],
  'sns/topicSubscription:TopicSubscription': [
    'sns Subscribe GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe',
  ],
  'sqs/queue:Queue': ['sqs CreateQueue GetQueueAttributes SetQueueAttributes DeleteQueue'],
  'sqs/queuePolicy:QueuePolicy': ['sqs SetQueueAttributes GetQueueAttributes'],
  'sqs/redriveAllowPolicy:RedriveAllowPolicy': ['sqs SetQueueAttributes GetQueueAttributes'],
  'ssm/association:Association': [
    'ssm CreateAssociation DescribeAssociation UpdateAssociation DeleteAssociation',
  ],
  'ssm/document:Document': [
    'ssm CreateDocument DescribeDocument DescribeDocumentPermission GetDocument UpdateDocument',
    'ssm UpdateDocumentDefaultVersion DeleteDocument',
  ],
  'ssm/parameter:Parameter': ['ssm PutParameter GetParameter DescribeParameters DeleteParameter'],
  'vpc/securityGroupEgressRule:SecurityGroupEgressRule': [
    'ec2 AuthorizeSecurityGroupEgress DescribeSecurityGroupRules ModifySecurityGroupRules RevokeSecurityGroupEgress',
  ],
  'vpc/securityGroupIngressRule:SecurityGroupIngressRule': [
    'ec2 AuthorizeSecurityGroupIngress DescribeSecurityGroupRules ModifySecurityGroupRules',
    'ec2 RevokeSecurityGroupIngress',
  ],
  'wafv2/webAcl:WebAcl': ['wafv2 CreateWebACL GetWebACL UpdateWebACL DeleteWebACL'],
  'wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration': [
    'wafv2 PutLoggingConfiguration GetLoggingConfiguration DeleteLoggingConfiguration',
    'logs CreateLogDelivery DeleteLogDelivery PutResourcePolicy DescribeResourcePolicies DescribeLogGroups',
    'iam CreateServiceLinkedRole',
  ],
};

/** The services that give resources tags by an action whose name is their own. */
export const TAGGING: Readonly<Record<string, string>> = {
  acm: 'AddTagsToCertificate',
  cloudfront: 'TagResource',
  cloudwatch: 'TagResource',
  ec2: 'CreateTags',
  ecr: 'TagResource',
  eks: 'TagResource',
  elasticloadbalancing: 'AddTags',
  events: 'TagResource',
  iam: 'TagRole',
  kms: 'TagResource',
  lambda: 'TagResource',
  logs: 'TagResource',
  rds: 'AddTagsToResource',
  route53: 'ChangeTagsForResource',
  s3: 'PutBucketTagging',
  secretsmanager: 'TagResource',
  sns: 'TagResource',
  sqs: 'TagQueue',
  ssm: 'AddTagsToResource',
  wafv2: 'TagResource',
};
