import type { Upstreams } from '../../scripts/contract/nginx-upstreams.ts';

/** The cache tier before the images. */
export type CacheTierSettings = {
  /** Where clients connect, for example `127.0.0.1:7400`. */
  listen: string;
  /** Where Nginx talks to itself to drop keys, for example `127.0.0.1:7403`; not for others. */
  dropListen: string;
  /** Where the stores and the pending list are; or a file of `upstreamsConf`, where that changes with time. */
  upstreams: Upstreams | { file: string };
  /** The name for which presigned URLs of the source are signed: with its port, where they carry one. */
  sourceHost: string;
  /** Default: the stores speak plain HTTP, and every request is passed on for the host that it came for. */
  tls?: StoreTls;
  /** Names below which a bucket may be part of the host name: `BUCKET.NAME`. */
  bucketDomains: readonly string[];
  /**
   * The bound that clients rely on: an anonymous read is never older while the origin answers. At least 3:
   * Nginx counts whole seconds, and an answer may be one second on its way.
   */
  maxStaleSeconds: number;
  /** The longest that a request may go on at the old origin after a turn; then it is cut. */
  drainSeconds: number;
  cache: {
    folder: string;
    /** The oldest files are removed above this. */
    maxMegabytes: number;
    /** Files that nobody asked for in so long are removed. */
    unusedMinutes: number;
    /** Memory for the keys; a megabyte holds about 8,000. Default 16. */
    keysMegabytes?: number;
  };
  /** The system user of the workers. Default: the user that runs Nginx, which then may not be root. */
  user?: string;
  /** Default: two workers with 1,024 connections each, for one machine that does other things too. */
  workers?: { count: number | 'auto'; connections: number };
  /** While this file is there `/_origin` answers 503, so that load balancers send nobody here. Default: none. */
  drainingFile?: string;
  /** How long a client's connection may rest. Default: Nginx's own, 75. */
  keepAliveSeconds?: number;
  files: { origin: string; script: string; pid: string; errorLog: string; accessLog: string };
  /** Below it Nginx keeps bodies that do not fit into memory. */
  temporaryFolder: string;
};

/** The stores behind TLS, by their own names. */
export type StoreTls = {
  /** A file with the certificates of the authorities that are believed, in PEM. */
  authorities: string;
  /** By store: the name that its certificate must carry, and that an anonymous request is made for. */
  hosts: { ceph: string; s3: string };
};

/** How long Nginx may use an answer without asking again, in seconds. */
export function freshSeconds(maxStaleSeconds: number): number {
  if (!Number.isInteger(maxStaleSeconds) || maxStaleSeconds < 3) {
    throw new RangeError(`maxStaleSeconds is ${maxStaleSeconds}; it must be a whole number, at least 3`);
  }
  return maxStaleSeconds - 2;
}
