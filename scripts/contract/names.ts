/** Names that several parts rely on: who acts on the stores, and what is ours in the customer's buckets. */

/** Owns the buckets on both sides; the applications sign with its keys. */
export const APPLICATIONS = 'applications';
/** Reads the source for us, and writes the canary and the mirrored epoch there. */
export const MIGRATION = 'migration';
/** Writes the bulk copy. Suspended from the hold on. */
export const SYNC = 'migration-sync';
/** Writes what clients did on S3. Suspended from the hold on. */
export const REPLAY = 'migration-replay';
/** The only one that writes for us after the hold: it applies what stragglers do on S3. */
export const STRAGGLER = 'migration-straggler';
/** Reads both sides and writes nothing. */
export const VERIFY = 'migration-verify';

/** Those that may write on Ceph before the hold, and never after it. */
export const WRITERS_BEFORE_HOLD = [SYNC, REPLAY] as const;

/** The id of a version that was written before its bucket was versioned: at a target, one of ours. */
export const OUR_VERSION = 'null';

/** The bucket of each target cluster that keeps the bytes of conflicts. */
export const QUARANTINE_BUCKET = 'migration-quarantine';

/** The cluster behind the cache tier. */
export const CACHED_CLUSTER = 'images';

/** Keys with this prefix are the migration's own and never move. */
export const RESERVED_PREFIX = '.migration/';
/** The object whose events prove that capture works. In every source bucket. */
export const CANARY_KEY = `${RESERVED_PREFIX}canary`;
/** The move's epoch, in every source bucket. */
export const EPOCH_KEY = `${RESERVED_PREFIX}epoch`;

/** The same of a target bucket, in the quarantine bucket beside it: other buckets of the store may belong to others. */
export function targetEpochKey(targetBucket: string): string {
  return `${EPOCH_KEY}/${targetBucket}`;
}

/** Waived as if it were a key: that nobody reads S3 any more, where its store does not tell. */
export const READS_WAIVER = `${RESERVED_PREFIX}reads`;

/** The Sid of our statement that denies writes to a source bucket. AWS allows only letters and digits. */
export const DENY_SID = 'StorageMigrationDenyWrites';

/**
 * The id of our entry in a source bucket's notification document. One a bucket: RGW 16.2.15 keeps a hidden
 * topic by id and topic, and removing one of two entries that share it makes the other irremovable.
 */
export function notificationId(move: { name: string }): string {
  return `storage-migration-${move.name}`;
}

/** A document that a bucket has one of. */
export type DocumentKind = 'policy' | 'lifecycle' | 'notification';

const EXPIRIES = ['current', 'noncurrent', 'markers', 'uploads'] as const;
const ARCHIVE_ID = 'storage-archive-';
/** The lifecycle rule that aborts uploads which nobody ends. */
export const ABORT_RULE_ID = 'storage-abort-uploads';

/** The id of one of the lifecycle rules that empty a source bucket at the end. */
export function expiryRuleId(what: (typeof EXPIRIES)[number]): string {
  return `00-storage-migration-expire-${what}`;
}

export function isExpiryRule(id: string): boolean {
  return EXPIRIES.some((what) => id === expiryRuleId(what));
}

/** The id of a lifecycle rule that moves objects to a cheaper class while S3 is the store. */
export function archiveRuleId(index: number, storageClass: string): string {
  return `${ARCHIVE_ID}${index}-${storageClass.toLowerCase().replaceAll('_', '-')}`;
}

/** Whether a lifecycle rule is one of those that we keep while S3 is the store. */
export function isArchiveRule(id: string): boolean {
  return id.startsWith(ARCHIVE_ID) || id === ABORT_RULE_ID;
}
