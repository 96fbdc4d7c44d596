import type { InstanceType } from '../../aws/instance-types.ts';
import { cacheTierConf } from '../../nginx/cache-tier.ts';
import type { CacheTierSettings } from '../../nginx/settings.ts';
import { nginxKeepAliveSeconds } from './idle-seconds.ts';
import { CACHE_TIER_PORTS } from './ports.ts';

/** Folders in the pod. */
export const FOLDERS = {
  /** What the stack made: nginx.conf and its script. */
  configuration: '/etc/cache-tier',
  /** What the follower writes, and Nginx' process id. */
  run: '/run/cache-tier',
  /** On the node's local NVMe. */
  cache: '/var/cache/images',
} as const;

/** Is there while the pod is leaving: the load balancer's health check then fails first. */
export const DRAINING_FILE = `${FOLDERS.run}/draining`;

/** Objects are 200 TB / 600 M on average; a megabyte of keys holds 8,000. */
const AVERAGE_OBJECT_BYTES = 333_000;
const KEYS_PER_MEGABYTE = 8000;
/** The rest is for images of containers, logs, and what Nginx has not removed yet. */
const CACHE_SHARE = 0.8;

/** What a node's disks hold of the cache. */
export type CacheRoom = { maxMegabytes: number; keysMegabytes: number };

/** @throws RangeError where the type has no local NVMe */
export function cacheRoom(type: string, { disks }: Pick<InstanceType, 'disks'>): CacheRoom {
  const gigabytes = disks
    .filter(({ kind }) => kind === 'nvme')
    .reduce((sum, each) => sum + each.count * each.gigabytes, 0);
  if (gigabytes === 0) {
    throw new RangeError(
      `"${type}" has no local NVMe to cache on; choose one that has, for example i4i.large`,
    );
  }
  const bytes = gigabytes * 1e9 * CACHE_SHARE;
  return {
    maxMegabytes: Math.floor(bytes / 2 ** 20),
    keysMegabytes: Math.max(16, Math.ceil(bytes / AVERAGE_OBJECT_BYTES / KEYS_PER_MEGABYTE)),
  };
}

export type PodConfiguration = {
  room: CacheRoom;
  /** The name of the images cluster's own load balancer: its certificate carries it. */
  cephHost: string;
  region: string;
  /** Names below which a bucket may be a label of the host. */
  bucketDomains: readonly string[];
  maxStaleSeconds: number;
  requestSeconds: number;
  /** Certificates of the authorities that are believed. Default: the image's own, of Debian. */
  authorities?: string;
};

/** The nginx.conf of every pod. */
export function podConf(args: PodConfiguration): string {
  return cacheTierConf(podSettings(args));
}

export function podSettings(args: PodConfiguration): CacheTierSettings {
  const s3Host = `s3.${args.region}.amazonaws.com`;
  return {
    listen: `0.0.0.0:${CACHE_TIER_PORTS.nginx}`,
    dropListen: `127.0.0.1:${CACHE_TIER_PORTS.drop}`,
    upstreams: { file: `${FOLDERS.run}/upstreams.conf` },
    sourceHost: s3Host,
    tls: {
      authorities: args.authorities ?? '/etc/ssl/certs/ca-certificates.crt',
      hosts: { ceph: args.cephHost, s3: s3Host },
    },
    bucketDomains: args.bucketDomains,
    maxStaleSeconds: args.maxStaleSeconds,
    drainSeconds: args.requestSeconds,
    cache: {
      folder: `${FOLDERS.cache}/objects`,
      maxMegabytes: args.room.maxMegabytes,
      keysMegabytes: args.room.keysMegabytes,
      // Removed when room is needed, or after a week.
      unusedMinutes: 7 * 24 * 60,
    },
    workers: { count: 'auto', connections: 8192 },
    keepAliveSeconds: nginxKeepAliveSeconds(args.requestSeconds),
    drainingFile: DRAINING_FILE,
    files: {
      origin: `${FOLDERS.run}/origin.conf`,
      script: `${FOLDERS.configuration}/cache-tier.js`,
      pid: `${FOLDERS.run}/nginx.pid`,
      errorLog: 'stderr',
      accessLog: '/dev/stdout',
    },
    temporaryFolder: `${FOLDERS.cache}/temporary`,
  };
}
