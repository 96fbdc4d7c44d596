import { originOf, type Phase } from '../../../scripts/contract/phases.ts';

/** A bucket whose objects browsers read through the CDN. */
export type ServedBucket = {
  /** Its name in the configuration, for ids. */
  name: string;
  /** Its name on both stores, and the first part of its objects' paths. */
  bucket: string;
};

/** Where CloudFront gets a bucket's objects, by ids of origins, in order. */
export type BucketOrigins = {
  /** What the bucket's behaviour names: an origin, or the group of both. */
  targetId: string;
  nginxId: string;
  /** S3 itself, asked when Nginx or the way to it fails; null where S3 is not the store. */
  failoverId: string | null;
  groupId: string | null;
};

/**
 * The answers after which CloudFront asks S3: those of a cache tier that is not well. Never 403 or 404: an
 * origin group knows no tombstones, and what was deleted or made private would come back.
 */
export const FAILOVER_STATUS_CODES = [500, 502, 503, 504];

/**
 * The origins of a bucket in a phase. S3 is the fail-over of Nginx only while S3 is the store: afterwards it is
 * older than Ceph. CloudFront fails over for GET, HEAD and OPTIONS only.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html
 */
export function originsOf(phase: Phase, { name }: Pick<ServedBucket, 'name'>): BucketOrigins {
  const nginxId = `nginx-${name}`;
  switch (originOf(phase)) {
    case 's3': {
      const groupId = `nginx-then-s3-${name}`;
      return { targetId: groupId, nginxId, failoverId: `s3-${name}`, groupId };
    }
    case 'ceph-then-pending':
    case 'ceph':
      return { targetId: nginxId, nginxId, failoverId: null, groupId: null };
  }
}
