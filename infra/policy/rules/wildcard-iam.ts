import { called, statementsOf, type Statement } from '../documents.ts';
import { byType, type Check, type ResourceRule } from '../rule.ts';
import { block, blocks, list, text, UNKNOWN } from '../values.ts';

/**
 * Actions for which AWS knows no resource, so that `Resource: "*"` is all that can be said.
 * Source: the service authorization reference, tables "Actions defined by …" without a resource type.
 */
const WITHOUT_RESOURCE = [
  /^ec2:(describe|getinstancetypesfrominstancerequirements$)/,
  /^ecr:getauthorizationtoken$/,
  /^logs:describeloggroups$/,
  /^cloudwatch:(putmetricdata|getmetricdata|listmetrics)$/,
  /^xray:put/,
  /^sts:getcalleridentity$/,
  /^eks:listclusters$/,
  /^s3:listallmybuckets$/,
  /^autoscaling:describe/,
  /^ssm:(describeinstanceinformation|listcommands|listcommandinvocations|getcommandinvocation|updateinstanceinformation)$/,
  /^ssmmessages:/,
  /^ec2messages:/,
  // A Lambda in a VPC makes its network interfaces before they have a name.
  /^ec2:(createnetworkinterface|deletenetworkinterface|assignprivateipaddresses|unassignprivateipaddresses)$/,
];

/** Conditions that say which resources, in place of their names. */
const SCOPES_RESOURCE =
  /^(aws:resourcetag\/|aws:resourceaccount$|aws:resourceorgid$|cloudwatch:namespace$|ec2:resourcetag\/)/;

const isWide = (action: string) => action === '*' || /^[a-z0-9-]+:\*$/.test(action);

function wrong(statement: Statement): string[] {
  if (!statement.allows) return [];
  const name = called(statement);
  if (statement.inverted) return [`${name} allows all but what it names: name what it allows`];
  const wide = statement.actions.filter(isWide);
  const unscoped = statement.actions.filter(
    (action) => !WITHOUT_RESOURCE.some((pattern) => pattern.test(action)),
  );
  const scoped = statement.conditions.some(({ key }) => SCOPES_RESOURCE.test(key));
  return [
    ...(wide.length > 0 ? [`${name} allows ${wide.join(', ')}: name the actions`] : []),
    ...(statement.resources.includes('*') && unscoped.length > 0 && !scoped
      ? [`${name} allows ${unscoped.join(', ')} on every resource: name the resources`]
      : []),
  ];
}

const document =
  (property: string): Check =>
  (props) =>
    props[property] === UNKNOWN ? [] : statementsOf(props[property]).flatMap(wrong);

/** AWS' own policies that are as good as `*`. */
const ALMIGHTY =
  /^arn:aws[a-z-]*:iam::aws:policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess|Amazon(S3|EC2|RDS|SSM|SQS|SNS)FullAccess|AmazonEKSClusterAdminPolicy|SecretsManagerReadWrite|AWSKeyManagementServicePowerUser)$/;

const attachment: Check = (props) => [
  ALMIGHTY.test(text(props['policyArn'])) && `attaches ${text(props['policyArn'])}: write what is needed`,
];

/** Roles in Kubernetes that may do everything everywhere. */
const kubernetesRole: Check = (props) =>
  blocks(props['rules']).map(
    (rule) =>
      list(rule['verbs']).includes('*') &&
      list(rule['resources']).includes('*') &&
      'a rule allows every verb on every resource: name them',
  );

/** An identity may do what it is for, where it is for. */
export const wildcardIam: ResourceRule = {
  name: 'wildcard-iam',
  description: 'Nobody may do everything, or something to everything; people and pods have roles, not keys.',
  severity: 'critical',
  remedy:
    'Name actions and resources; where AWS knows no resource for an action, give it a statement of its own.',
  check: byType({
    'aws:iam/policy:Policy': document('policy'),
    'aws:iam/rolePolicy:RolePolicy': document('policy'),
    'aws:iam/groupPolicy:GroupPolicy': document('policy'),
    'aws:iam/role:Role': (props, resource) => [
      ...blocks(props['inlinePolicies']).flatMap((inline) => document('policy')(inline, resource)),
      ...list(props['managedPolicyArns']).flatMap((policyArn) => attachment({ policyArn }, resource)),
    ],
    'aws:iam/rolePolicyAttachment:RolePolicyAttachment': attachment,
    'aws:iam/user:User': () => ['is a user with keys that last: use a role'],
    'aws:iam/accessKey:AccessKey': () => ['is a key that lasts, and lies in the state: use a role'],
    'aws:eks/accessPolicyAssociation:AccessPolicyAssociation': (props) => [
      /AmazonEKSClusterAdminPolicy$/.test(text(props['policyArn'])) &&
        block(props['accessScope'])['type'] === 'cluster' &&
        'makes its principal an administrator of the whole cluster: bind a role with the verbs it needs',
    ],
    'kubernetes:rbac.authorization.k8s.io/v1:ClusterRole': kubernetesRole,
    'kubernetes:rbac.authorization.k8s.io/v1:Role': kubernetesRole,
    'kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding': (props) => [
      block(props['roleRef'])['name'] === 'cluster-admin' && 'binds cluster-admin: write what is needed',
    ],
  }),
};
