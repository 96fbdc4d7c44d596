import * as pulumi from '@pulumi/pulumi';
import { RESERVED_PREFIX } from '../../../scripts/contract/names.ts';
import type { IamStatement } from '../../foundation/iam.ts';
import { TARGET_USERS } from '../access.ts';

type Text = pulumi.Input<string>;

/** What the steps' rights are about. */
export type StepsRightsArgs = {
  environment: string;
  region: string;
  account: string;
  /** The buckets that move, on S3. `kmsKeyArn` where they are encrypted with a key of the customer's. */
  sources: readonly { bucketArn: Text; kmsKeyArn?: string | undefined }[];
  /** Each Ceph cluster's secrets in Secrets Manager: names begin with this, a user's name follows. */
  credentialsPrefixes: readonly string[];
  /** Encrypts those secrets. */
  secretsKeyArn: Text;
  database: {
    connectStatement(user: string): IamStatement;
    /** The administrator's secret, with which databases and users are made. */
    masterSecretArn: Text;
  };
  /** Encrypts the administrator's secret. */
  databaseKeyArn: Text;
  environmentParameterArn: Text;
  /** Names the CDN, which S3 lets in while it is the store. */
  distributionParameterArn: Text;
  applicationsParameterArn: Text;
};

/**
 * What the steps may do on AWS: change the source buckets' documents, read what they hold, write below the
 * migration's own prefix, and nothing else on S3; no object of the customer's can be written or deleted.
 */
export function stepsRights(args: StepsRightsArgs): IamStatement[] {
  const { region, account, environment, sources } = args;
  const buckets = sources.map(({ bucketArn }) => bucketArn);
  const queue = `arn:aws:sqs:${region}:${account}:storage-${environment}-capture`;
  const keys = [...new Set(sources.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []))];
  return [
    args.database.connectStatement('storage_move'),
    {
      Sid: 'SourceDocuments',
      Action: [
        's3:GetBucketPolicy',
        's3:PutBucketPolicy',
        's3:DeleteBucketPolicy',
        's3:GetLifecycleConfiguration',
        's3:PutLifecycleConfiguration',
        's3:GetBucketNotification',
        's3:PutBucketNotification',
      ],
      Resource: buckets,
    },
    {
      Sid: 'SourceSettings',
      Action: [
        's3:GetBucketAcl',
        's3:GetBucketObjectLockConfiguration',
        's3:GetBucketOwnershipControls',
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketVersioning',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
        's3:ListBucketVersions',
      ],
      Resource: buckets,
    },
    {
      Sid: 'ReadSources',
      Action: ['s3:GetObject', 's3:GetObjectAcl', 's3:GetObjectTagging'],
      Resource: buckets.map((bucket) => pulumi.interpolate`${bucket}/*`),
    },
    {
      // The canary, and writes that must be refused to prove that others are.
      Sid: 'WriteOwnKeys',
      Action: ['s3:PutObject', 's3:PutObjectAcl', 's3:DeleteObject'],
      Resource: buckets.map((bucket) => pulumi.interpolate`${bucket}/${RESERVED_PREFIX}*`),
    },
    ...(keys.length === 0
      ? []
      : [{ Sid: 'SourceKeys', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: keys }]),
    {
      Sid: 'Environment',
      Action: ['ssm:GetParameter'],
      Resource: [args.environmentParameterArn, args.distributionParameterArn],
    },
    {
      Sid: 'ApplicationsParameter',
      Action: ['ssm:GetParameter', 'ssm:PutParameter'],
      Resource: [args.applicationsParameterArn],
    },
    {
      Sid: 'CephKeys',
      Action: ['secretsmanager:GetSecretValue'],
      // Secrets Manager adds a hyphen and six characters to a secret's name.
      Resource: args.credentialsPrefixes.flatMap((prefix) =>
        ['admin', ...TARGET_USERS].map(
          (user) => `arn:aws:secretsmanager:${region}:${account}:secret:${prefix}${user}-??????`,
        ),
      ),
    },
    // RDS may take its password no more, once it is a member of users that log in by tokens.
    args.database.connectStatement('administrator'),
    {
      Sid: 'DatabaseAdministrator',
      Action: ['secretsmanager:GetSecretValue'],
      Resource: [args.database.masterSecretArn],
    },
    {
      Sid: 'DecryptSecrets',
      Action: ['kms:Decrypt'],
      Resource: [args.secretsKeyArn, args.databaseKeyArn],
    },
    { Sid: 'QueueDepth', Action: ['sqs:GetQueueAttributes'], Resource: [queue, `${queue}-failed`] },
  ];
}
