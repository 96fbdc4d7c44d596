import type { ResourceStatement } from './iam.ts';

/** What a key is for. One key a purpose: who may read logs may not therefore read the database. */
export const KEY_PURPOSES = {
  logs: 'Log groups of CloudWatch',
  database: 'Aurora: storage, backups, performance data and the master user’s password',
  volumes: 'EBS volumes of nodes',
  secrets: 'Secrets Manager: credentials of RGW’s users',
  messages: 'SQS queues and the SNS topic of alarms',
  kubernetes: 'EKS: secrets in etcd, and images of containers',
  buckets: 'Buckets of our own (inventories)',
} as const;
export type KeyPurpose = keyof typeof KEY_PURPOSES;

export type Place = { account: string; region: string };

/** Keeps the key manageable whatever else happens: IAM policies of the account may allow these. */
const ADMINISTRATION = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:EnableKeyRotation',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:ListRetirableGrants',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];
const USE = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * The policy of a key. Identities of the account need an IAM policy as well; services of AWS are allowed
 * here what their purpose needs, for this account's sake only. Within a key's own policy `*` is the key.
 */
export function keyStatements(purpose: KeyPurpose, place: Place): ResourceStatement[] {
  const account = { AWS: [`arn:aws:iam::${place.account}:root`] };
  return [
    { Sid: 'Administration', Principal: account, Action: ADMINISTRATION, Resource: ['*'] },
    { Sid: 'UseByIdentities', Principal: account, Action: USE, Resource: ['*'] },
    {
      // RDS, EKS, EBS and ECR keep using a key by a grant that the creator of the resource gives them.
      Sid: 'GrantsForServices',
      Principal: account,
      Action: ['kms:CreateGrant'],
      Resource: ['*'],
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    },
    ...serviceStatements(purpose, place),
  ];
}

function serviceStatements(purpose: KeyPurpose, place: Place): ResourceStatement[] {
  const { account, region } = place;
  const forThisAccount = { StringEquals: { 'aws:SourceAccount': account } };
  switch (purpose) {
    case 'logs':
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
      return [
        {
          Sid: 'LogGroups',
          Principal: { Service: [`logs.${region}.amazonaws.com`] },
          Action: USE,
          Resource: ['*'],
          Condition: {
            ArnLike: {
              'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:${region}:${account}:log-group:*`,
            },
          },
        },
      ];
    case 'messages':
      // A sender into an encrypted queue or topic needs a data key; without this S3's notifications,
      // EventBridge and alarms are dropped without a word.
      return [
        {
          Sid: 'Senders',
          Principal: {
            Service: [
              'cloudwatch.amazonaws.com',
              'events.amazonaws.com',
              's3.amazonaws.com',
              'sns.amazonaws.com',
            ],
          },
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: ['*'],
          Condition: forThisAccount,
        },
      ];
    case 'volumes':
      // An Auto Scaling group (EKS' node groups are such) starts instances as its service-linked role,
      // which no IAM policy can allow anything. The principal is found by condition: named outright, the
      // policy would be refused in an account where the role does not exist yet.
      return [
        {
          Sid: 'AutoScalingUse',
          Principal: { AWS: '*' },
          Action: USE,
          Resource: ['*'],
          Condition: autoScaling(account),
        },
        {
          Sid: 'AutoScalingGrants',
          Principal: { AWS: '*' },
          Action: ['kms:CreateGrant'],
          Resource: ['*'],
          Condition: { ...autoScaling(account), Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        },
      ];
    case 'buckets':
      return [
        {
          // Inventory writes its reports by itself.
          Sid: 'Inventory',
          Principal: { Service: ['s3.amazonaws.com'] },
          Action: ['kms:GenerateDataKey'],
          Resource: ['*'],
          Condition: forThisAccount,
        },
        {
          // CloudFront reads a bucket by origin access control.
          Sid: 'Distribution',
          Principal: { Service: ['cloudfront.amazonaws.com'] },
          Action: ['kms:Decrypt'],
          Resource: ['*'],
          Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:cloudfront::${account}:distribution/*` } },
        },
      ];
    case 'database':
    case 'secrets':
    case 'kubernetes':
      return [];
  }
}

function autoScaling(account: string) {
  const role = 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
  return {
    StringEquals: { 'kms:CallerAccount': account },
    ArnEquals: { 'aws:PrincipalArn': `arn:aws:iam::${account}:role/${role}` },
  };
}
