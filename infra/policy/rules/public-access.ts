import { called, statementsOf, type Statement } from '../documents.ts';
import { byType, type Check, type ResourceRule } from '../rule.ts';
import { block, blocks, isSurelyTrue, isTrue, list, text, UNKNOWN } from '../values.ts';
import { isOpen } from './open-ingress.ts';

/** Conditions that leave somebody definite. aws:SecureTransport and the like do not. */
const NARROWING = [
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceorgid',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:principalorgid',
  'kms:calleraccount',
];

const forAnybody = (statement: Statement) =>
  statement.allows &&
  statement.principals.includes('*') &&
  !statement.conditions.some(({ key, values }) => NARROWING.includes(key) && !values.includes('*'));

const document =
  (property: string): Check =>
  (props) =>
    statementsOf(props[property] === UNKNOWN ? undefined : props[property])
      .filter(forAnybody)
      .map((statement) => `${property}: ${called(statement)} allows anybody; name the principal`);

const BLOCKS = ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'];

const notPublic =
  (property: string): Check =>
  (props) => [isSurelyTrue(props[property]) && `${property} must be false`];

const acl: Check = (props) => [
  /^(public-|authenticated-read)/.test(text(props['acl'])) && `acl is ${text(props['acl'])}; leave it out`,
];

/** Nothing of ours can be reached, read or written by everybody. */
export const publicAccess: ResourceRule = {
  name: 'public-access',
  description: 'Nothing answers the whole internet but CloudFront, and nothing is readable by everybody.',
  severity: 'critical',
  remedy: 'Name who may; reach it from inside the VPC or through CloudFront.',
  check: byType({
    'aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock': (props) =>
      BLOCKS.map((property) => !isTrue(props[property]) && `${property} must be true`),
    'aws:s3/bucketAcl:BucketAcl': acl,
    'aws:s3/bucket:Bucket': acl,
    'aws:s3/bucketPolicy:BucketPolicy': document('policy'),
    'aws:sqs/queuePolicy:QueuePolicy': document('policy'),
    'aws:sqs/queue:Queue': document('policy'),
    'aws:sns/topicPolicy:TopicPolicy': document('policy'),
    'aws:sns/topic:Topic': document('policy'),
    'aws:kms/key:Key': document('policy'),
    'aws:kms/keyPolicy:KeyPolicy': document('policy'),
    'aws:secretsmanager/secret:Secret': document('policy'),
    'aws:secretsmanager/secretPolicy:SecretPolicy': document('policy'),
    'aws:ecr/repositoryPolicy:RepositoryPolicy': document('policy'),
    'aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate': document('repositoryPolicy'),
    'aws:cloudwatch/eventBusPolicy:EventBusPolicy': document('policy'),
    'aws:iam/role:Role': document('assumeRolePolicy'),
    'aws:lambda/permission:Permission': (props) => [
      props['principal'] === '*' &&
        !('sourceAccount' in props || 'sourceArn' in props || 'principalOrgId' in props) &&
        'principal is anybody; name the service or the account',
    ],
    'aws:lambda/functionUrl:FunctionUrl': (props) => [
      props['authorizationType'] === 'NONE' && 'authorizationType must be AWS_IAM',
    ],
    'aws:rds/clusterInstance:ClusterInstance': notPublic('publiclyAccessible'),
    'aws:rds/instance:Instance': notPublic('publiclyAccessible'),
    'aws:ec2/subnet:Subnet': notPublic('mapPublicIpOnLaunch'),
    'aws:ec2/instance:Instance': notPublic('associatePublicIpAddress'),
    'aws:ec2/launchTemplate:LaunchTemplate': (props) =>
      blocks(props['networkInterfaces']).map(
        (one) =>
          isSurelyTrue(one['associatePublicIpAddress']) &&
          'networkInterfaces.associatePublicIpAddress must be false',
      ),
    'aws:lb/loadBalancer:LoadBalancer': (props) => [
      !isTrue(props['internal']) && 'internal must be true: CloudFront reaches it by a VPC origin',
    ],
    'aws:eks/cluster:Cluster': (props) => {
      const vpc = block(props['vpcConfig']);
      const open = list(vpc['publicAccessCidrs']).filter(isOpen).map(String);
      return [
        vpc['endpointPrivateAccess'] !== UNKNOWN &&
          !isTrue(vpc['endpointPrivateAccess']) &&
          'vpcConfig.endpointPrivateAccess must be true',
        // EKS opens the endpoint to everybody where nothing is said.
        vpc['endpointPublicAccess'] !== false &&
          vpc['publicAccessCidrs'] !== UNKNOWN &&
          list(vpc['publicAccessCidrs']).length === 0 &&
          "vpcConfig.publicAccessCidrs must name the runners' addresses, or endpointPublicAccess be false",
        open.length > 0 && `vpcConfig.publicAccessCidrs lets in ${open.join(', ')}`,
      ];
    },
    // Load balancers are resources of ours, with their security groups; a controller's would be public.
    'kubernetes:core/v1:Service': (props) => [
      block(props['spec'])['type'] === 'LoadBalancer' &&
        'spec.type is LoadBalancer; use a NodePort behind a load balancer of ours',
    ],
  }),
};
