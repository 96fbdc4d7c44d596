import { describe, expect, test } from 'vitest';
import { secrets } from '../../../../infra/policy/rules/secrets.ts';
import { wildcardIam } from '../../../../infra/policy/rules/wildcard-iam.ts';
import { UNKNOWN } from '../../../../infra/policy/values.ts';
import { expectRule, said, type Example } from './support.ts';

const gone = undefined;
const BUCKET = 'arn:aws:s3:::photos/*';
const document = (statement: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'It', Effect: 'Allow', Action: ['s3:GetObject'], Resource: [BUCKET], ...statement }],
  });

const identity = (type: string): Example => [
  type,
  { policy: document({}) },
  [
    [{ policy: document({ Action: '*' }) }, 'the statement It allows *'],
    [{ policy: document({ Action: 's3:*' }) }, 'allows s3:*'],
    [{ policy: document({ Resource: '*' }) }, 'allows s3:getobject on every resource'],
    [{ policy: document({ Action: undefined, NotAction: ['iam:*'] }) }, 'allows all but'],
    [{ policy: document({ Resource: undefined, NotResource: [BUCKET] }) }, 'allows all but'],
    [{ policy: document({ Sid: undefined, Action: 'sqs:*' }) }, 'a statement without Sid'],
    // TLS or not: it is every resource all the same.
    [
      { policy: document({ Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'true' } } }) },
      'every resource',
    ],
  ],
];
const role = (type: string): Example => [
  type,
  { rules: [{ apiGroups: [''], resources: ['*'], verbs: ['get', 'list'] }] },
  [[{ rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] }, 'every verb on every resource']],
];

const EXAMPLES: Example[] = [
  identity('aws:iam/policy:Policy'),
  identity('aws:iam/rolePolicy:RolePolicy'),
  identity('aws:iam/groupPolicy:GroupPolicy'),
  [
    'aws:iam/role:Role',
    { inlinePolicies: [{ name: 'a', policy: document({}) }], managedPolicyArns: [] },
    [
      [{ inlinePolicies: [{ name: 'a', policy: document({ Action: 's3:*' }) }] }, 's3:*'],
      [{ managedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] }, 'AdministratorAccess'],
    ],
  ],
  [
    'aws:iam/rolePolicyAttachment:RolePolicyAttachment',
    { policyArn: 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore' },
    [
      [{ policyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' }, 'AdministratorAccess'],
      [{ policyArn: 'arn:aws:iam::aws:policy/AmazonS3FullAccess' }, 'AmazonS3FullAccess'],
    ],
  ],
  [
    'aws:eks/accessPolicyAssociation:AccessPolicyAssociation',
    {
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
      accessScope: { type: 'cluster' },
    },
    [[{ policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy' }, 'administrator']],
  ],
  role('kubernetes:rbac.authorization.k8s.io/v1:ClusterRole'),
  role('kubernetes:rbac.authorization.k8s.io/v1:Role'),
  [
    'kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding',
    { roleRef: { name: 'view' } },
    [[{ roleRef: { name: 'cluster-admin' } }, 'cluster-admin']],
  ],
];

describe('wildcard-iam', () => {
  test.each(EXAMPLES)('%s', (...example) => expectRule(wildcardIam, example));

  test('people and keys that last are refused whatever they may', () => {
    expect(said(wildcardIam, 'aws:iam/user:User', {})).toHaveLength(1);
    expect(said(wildcardIam, 'aws:iam/accessKey:AccessKey', {})).toHaveLength(1);
    expect(said(wildcardIam, 'aws:iam/role:Role', {})).toEqual([]);
  });

  test.each([
    ['ec2:DescribeInstances', {}],
    ['ecr:GetAuthorizationToken', {}],
    ['ssmmessages:OpenDataChannel', {}],
    ['ssm:SendCommand', { Condition: { StringEquals: { 'aws:ResourceTag/system': 'storage' } } }],
    ['s3:PutObject', { Effect: 'Deny' }],
  ])('%s on every resource is all that can be said, or scoped', (Action, more) => {
    const policy = document({ Action, Resource: '*', ...more });
    expect(said(wildcardIam, 'aws:iam/rolePolicy:RolePolicy', { policy })).toEqual([]);
  });

  test('what is not known yet is not judged; what is no JSON is', () => {
    expect(said(wildcardIam, 'aws:iam/policy:Policy', { policy: UNKNOWN })).toEqual([]);
    expect(() => said(wildcardIam, 'aws:iam/policy:Policy', { policy: '{"Statement": [' })).toThrow(
      SyntaxError,
    );
  });
});

const SECRETS: Example[] = [
  [
    'aws:rds/cluster:Cluster',
    { manageMasterUserPassword: true },
    [
      [{ masterPassword: 'hunter2' }, 'masterPassword'],
      [{ manageMasterUserPassword: gone }, 'manageMasterUserPassword'],
    ],
  ],
  ['aws:rds/instance:Instance', {}, [[{ password: UNKNOWN }, 'password']]],
  [
    'aws:secretsmanager/secretVersion:SecretVersion',
    {},
    [
      [{ secretString: 'x' }, 'state'],
      [{ secretBinary: 'eA==' }, 'state'],
    ],
  ],
  ['aws:ssm/parameter:Parameter', { type: 'String', value: 'x' }, [[{ type: 'SecureString' }, 'state']]],
  [
    'aws:lambda/function:Function',
    {
      environment: {
        variables: {
          DATABASE_PASSWORD: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:x',
          REGION: 'us-east-1',
        },
      },
    },
    [[{ environment: { variables: { DATABASE_PASSWORD: 'hunter2' } } }, 'DATABASE_PASSWORD']],
  ],
  ['kubernetes:core/v1:Secret', { metadata: {} }, [[{ stringData: { a: 'b' } }, 'holds a secret']]],
];

describe('secrets', () => {
  test.each(SECRETS)('%s', (...example) => expectRule(secrets, example));
});
