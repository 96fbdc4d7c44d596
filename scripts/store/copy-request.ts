import type { StoreClient } from './client.ts';

export type CopyRequest = {
  source: StoreClient;
  sourceBucket: string;
  target: StoreClient;
  targetBucket: string;
  key: string;
  /** Which version of the source's object; it becomes the target's latest one. Default: the latest. */
  versionId?: string;
  /** Default: the same as `key`. */
  targetKey?: string;
  /** Called right before every request that changes the target, and while bytes flow to it. May throw. */
  assertLive?: () => void;
  /**
   * Only where the target never had the key: throws StoreError PreconditionFailed otherwise. RGW 16.2.15
   * ignores conditions when an upload is completed, so an object of parts is then written as one, and
   * its ETag is not reproduced.
   */
  ifNoneMatch?: '*';
  /**
   * Nobody else uploads to the target bucket (before the cutover, or the bucket for what is kept in quarantine):
   * open uploads of this key are then what a killed process left, and are aborted. Default: false.
   */
  ownsTarget?: boolean;
  /** The target's storage class for objects whose last change is so many days ago. Default: none. */
  coldClass?: { storageClass: string; afterDays: number } | undefined;
};

export type CopyResult = {
  /** `gone`: the source has no such object. Nothing was done at the target. */
  outcome: 'copied' | 'gone';
  bytes: number;
  /** The ETag of what was copied; empty when gone. */
  sourceEtag: string;
  /** The copy's ETag; empty when gone. */
  etag: string;
  /** Whether the copy's ETag is the source's. If not, the bytes were proven equal another way. */
  etagReproduced: boolean;
  /** How: the target's digest is that of the bytes that were read, of all of them or of each part. */
  provenBy: 'bytes' | 'part digests';
  /** The version that this copy became, where the target's bucket is versioned. */
  versionId?: string;
};
