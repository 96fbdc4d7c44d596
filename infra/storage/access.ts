import {
  APPLICATIONS,
  MIGRATION,
  QUARANTINE_BUCKET,
  STRAGGLER,
  VERIFY,
  WRITERS_BEFORE_HOLD,
} from '../../scripts/contract/names.ts';

/** Who may do what with Food-Co's buckets, on S3 and on Ceph. */

/** A bucket that moves, as far as access to it goes. */
export type BucketAccess = {
  name: string;
  /** Whether anyone may read it. The list right makes a missing key a 404 (otherwise 403); Nginx refuses anonymous lists. */
  public: boolean;
};

/** A bucket as it is made: who owns it, and what its policy says for us. Other statements of it stay. */
export type OwnedBucket = { name: string; owner: string; statements: Statement[] };
type Statement = {
  Sid: string;
  Effect: 'Allow';
  Principal: '*' | { AWS: string[] };
  Action: string[];
  Resource: string[];
};

export const SOURCE_USERS = [APPLICATIONS, MIGRATION];
export const TARGET_USERS = [APPLICATIONS, ...WRITERS_BEFORE_HOLD, STRAGGLER, VERIFY];

const READ = ['s3:Get*', 's3:List*'];
const PUT = ['s3:PutObject', 's3:PutObjectAcl', 's3:PutObjectTagging', 's3:AbortMultipartUpload'];

/** The customer's buckets on S3: the migration reads and writes its canary. */
export function sourceBuckets(buckets: readonly BucketAccess[]): OwnedBucket[] {
  return buckets.map((bucket) => ({
    name: bucket.name,
    owner: APPLICATIONS,
    statements: [...publicRead(bucket), allow('StorageMigration', bucket.name, [MIGRATION], ['s3:*'])],
  }));
}

/**
 * The buckets on Ceph. After the hold only the straggler's user still writes for us, and it deletes
 * nothing but versions that it names: an applications' object cannot be lost to it.
 */
export function targetBuckets(buckets: readonly BucketAccess[]): OwnedBucket[] {
  return [
    ...buckets.map((bucket) => ({
      name: bucket.name,
      owner: APPLICATIONS,
      statements: [
        ...publicRead(bucket),
        allow('StorageMigrationWriters', bucket.name, WRITERS_BEFORE_HOLD, [
          ...READ,
          ...PUT,
          's3:DeleteObject',
          's3:DeleteObjectTagging',
        ]),
        allow(
          'StorageMigrationStraggler',
          bucket.name,
          [STRAGGLER],
          [...READ, ...PUT, 's3:DeleteObjectVersion'],
        ),
        allow('StorageMigrationVerify', bucket.name, [VERIFY], READ),
      ],
    })),
    {
      name: QUARANTINE_BUCKET,
      // Not the straggler's own: RGW refuses everybody a bucket whose owner is suspended, and its user is
      // from `retire` on.
      owner: APPLICATIONS,
      statements: [
        allow('StorageMigrationQuarantine', QUARANTINE_BUCKET, [STRAGGLER], ['s3:*']),
        // The writers may look at it so that a refusal proves their suspension, and nothing else.
        allow('StorageMigrationQuarantineRead', QUARANTINE_BUCKET, [VERIFY, ...WRITERS_BEFORE_HOLD], READ),
      ],
    },
  ];
}

function publicRead(bucket: BucketAccess): Statement[] {
  if (!bucket.public) return [];
  return [
    {
      Sid: 'PublicRead',
      Effect: 'Allow',
      Principal: '*',
      Action: ['s3:GetObject', 's3:ListBucket'],
      Resource: resourcesOf(bucket.name),
    },
  ];
}

function allow(sid: string, bucket: string, users: readonly string[], actions: readonly string[]): Statement {
  return {
    Sid: sid,
    Effect: 'Allow',
    Principal: { AWS: users.map((user) => `arn:aws:iam:::user/${user}`) },
    Action: [...actions],
    Resource: resourcesOf(bucket),
  };
}

function resourcesOf(bucket: string): string[] {
  return [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
}
