import type { ClusterSpec } from './ceph/cluster.ts';

/** Every port of the local environment; all are on 127.0.0.1. */
export type LocalPorts = {
  /** Nginx, before the images: what browsers and applications talk to. */
  cacheTier: number;
  /** The service that tells Nginx which keys are still on S3 alone. */
  pending: number;
  /** Takes the source's notifications. */
  receiver: number;
  /** On it Nginx tells itself to drop keys from its cache. */
  cacheDrop: number;
  source: ClusterPorts;
  images: ClusterPorts;
  metadata: ClusterPorts;
};
export type ClusterPorts = Pick<ClusterSpec, 'monitorPort' | 'daemonPorts'> & {
  /** The S3 endpoints. */
  gateways: readonly number[];
};

export const DEFAULT_PORT_BASE = 7400;
/** How many ports from the base on are ours. */
export const PORT_SPAN = 300;

/**
 * Ports from one number on.
 *
 * @param base default 7400, which puts the source's S3 endpoint at RGW's customary 7480; at most 32,000, because
 *   the kernel hands out higher ones itself
 */
export function localPorts(base: number = DEFAULT_PORT_BASE): LocalPorts {
  return {
    cacheTier: base,
    pending: base + 1,
    receiver: base + 2,
    cacheDrop: base + 3,
    source: {
      gateways: [base + 80],
      monitorPort: base + 90,
      daemonPorts: { first: base + 100, last: base + 139 },
    },
    images: {
      gateways: [base + 81, base + 82],
      monitorPort: base + 91,
      daemonPorts: { first: base + 140, last: base + 239 },
    },
    metadata: {
      gateways: [base + 83],
      monitorPort: base + 92,
      daemonPorts: { first: base + 240, last: base + 299 },
    },
  };
}
