import * as pulumi from '@pulumi/pulumi';
import type { IamStatement } from '../../foundation/iam.ts';
import {
  RESERVED_PREFIX,
  SYNC,
  REPLAY,
  VERIFY,
  STRAGGLER,
  APPLICATIONS,
} from '../../../scripts/contract/names.ts';
import type { App } from './names.ts';

type Text = pulumi.Input<string>;

/** What the rights are about. */
export type RightsOf = {
  region: string;
  account: string;
  /** The buckets that move, on S3. `kmsKeyArn` where they are encrypted with a key of the customer's. */
  sources: readonly { bucketArn: Text; kmsKeyArn?: string }[];
  /** Each Ceph cluster's secrets in Secrets Manager: names begin with this, a user's name follows. */
  credentialsPrefixes: readonly string[];
  /** Encrypts those secrets. */
  secretsKeyArn: Text;
  /** `rds-db:connect` as the move's user to the ledger, and as the food user to the events. */
  ledger: IamStatement;
  food: IamStatement;
  /** The applications' parameter in Systems Manager. */
  parameterArn: Text;
};

/** The users of Ceph whose keys an app reads: no other app can act as them. */
export const CEPH_USERS: Readonly<Record<App, readonly string[]>> = {
  copy: [SYNC],
  verify: [VERIFY],
  // Before the turn and after it.
  replay: [REPLAY, STRAGGLER],
  pending: [REPLAY, STRAGGLER],
  // It carries a turn out: suspends and enables users and proves it, and versions the buckets as their owner.
  'hold-watch': ['admin', APPLICATIONS, SYNC, REPLAY, STRAGGLER, VERIFY],
  heartbeat: [],
  events: [],
  'cache-tier': [],
};

/** Who reads the source's objects. */
const READERS: readonly App[] = ['copy', 'verify', 'replay', 'pending'];

/** What the pods of an app may do on AWS. */
export function rightsOf(app: App, args: RightsOf): IamStatement[] {
  const statements = [app === 'events' ? args.food : args.ledger];
  if (READERS.includes(app)) statements.push(...readSources(args));
  if (app === 'verify') statements.push(readPolicies(args));
  if (app === 'heartbeat') statements.push(...writeCanary(args), watchCapture(args));
  if (CEPH_USERS[app].length > 0) statements.push(...readSecrets(CEPH_USERS[app], args));
  if (app === 'hold-watch') {
    statements.push(...mirrorEpoch(args), {
      Sid: 'ApplicationsParameter',
      Action: ['ssm:GetParameter', 'ssm:PutParameter'],
      Resource: [args.parameterArn],
    });
  }
  // By its epoch it knows a ledger that was restored from a backup; no Ceph user's key is needed for that.
  if (app === 'cache-tier') {
    statements.push({
      Sid: 'ApplicationsParameter',
      Action: ['ssm:GetParameter'],
      Resource: [args.parameterArn],
    });
  }
  return statements;
}

function readSources(args: RightsOf): IamStatement[] {
  return [
    {
      Sid: 'ListSources',
      Action: [
        's3:ListBucket',
        's3:ListBucketVersions',
        's3:ListBucketMultipartUploads',
        // Whether objects have ACLs at all; and whom their grants are compared with: the bucket's owner needs none.
        's3:GetBucketOwnershipControls',
        's3:GetBucketPublicAccessBlock',
        's3:GetBucketAcl',
      ],
      Resource: args.sources.map(({ bucketArn }) => bucketArn),
    },
    {
      Sid: 'ReadSources',
      Action: [
        's3:GetObject',
        's3:GetObjectAcl',
        's3:GetObjectTagging',
        's3:GetObjectVersion',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionTagging',
      ],
      Resource: args.sources.map(({ bucketArn }) => within(bucketArn, '*')),
    },
    ...useKeys('DecryptSources', ['kms:Decrypt'], args),
  ];
}

/** A certificate before S3 is emptied says whether writes were denied, and our rules stood, while it was made. */
function readPolicies({ sources }: RightsOf): IamStatement {
  return {
    Sid: 'ReadPolicies',
    Action: ['s3:GetBucketPolicy', 's3:GetLifecycleConfiguration'],
    Resource: sources.map(({ bucketArn }) => bucketArn),
  };
}

function writeCanary(args: RightsOf): IamStatement[] {
  return [
    {
      Sid: 'WriteCanary',
      // It names the bucket's owner in its ACL.
      Action: ['s3:PutObject', 's3:PutObjectAcl'],
      Resource: args.sources.map(({ bucketArn }) => within(bucketArn, `${RESERVED_PREFIX}*`)),
    },
    ...useKeys('EncryptCanary', ['kms:GenerateDataKey'], args),
  ];
}

/** It puts our entry back where somebody took it out: each event until then may be lost. */
function watchCapture({ sources }: RightsOf): IamStatement {
  return {
    Sid: 'WatchCapture',
    Action: ['s3:GetBucketNotification', 's3:PutBucketNotification'],
    Resource: sources.map(({ bucketArn }) => bucketArn),
  };
}

/** A worker that carries a turn out writes its epoch to S3 too, and reads it before it acts. */
function mirrorEpoch(args: RightsOf): IamStatement[] {
  return [
    {
      // Without it a key that is not there is answered like one that may not be read.
      Sid: 'ListSources',
      Action: ['s3:ListBucket'],
      Resource: args.sources.map(({ bucketArn }) => bucketArn),
    },
    {
      Sid: 'MirrorEpoch',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: args.sources.map(({ bucketArn }) => within(bucketArn, `${RESERVED_PREFIX}*`)),
    },
    ...useKeys('EncryptEpoch', ['kms:Decrypt', 'kms:GenerateDataKey'], args),
  ];
}

function useKeys(Sid: string, Action: string[], { sources }: RightsOf): IamStatement[] {
  const keys = [...new Set(sources.flatMap(({ kmsKeyArn }) => kmsKeyArn ?? []))];
  return keys.length === 0 ? [] : [{ Sid, Action, Resource: keys }];
}

/** Secrets Manager adds six characters to a secret's name. */
function readSecrets(users: readonly string[], args: RightsOf): IamStatement[] {
  const arn = `arn:aws:secretsmanager:${args.region}:${args.account}:secret:`;
  return [
    {
      Sid: 'CephKeys',
      Action: ['secretsmanager:GetSecretValue'],
      Resource: args.credentialsPrefixes.flatMap((prefix) =>
        users.map((user) => `${arn}${prefix}${user}-??????`),
      ),
    },
    { Sid: 'DecryptCephKeys', Action: ['kms:Decrypt'], Resource: [args.secretsKeyArn] },
  ];
}

function within(bucketArn: Text, keys: string): Text {
  return pulumi.interpolate`${bucketArn}/${keys}`;
}
