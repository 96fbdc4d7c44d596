import type { ClusterSpec } from './ceph/cluster.ts';
import type { ClusterPorts, LocalPorts } from './ports.ts';

export type ClusterName = 'source' | 'images' | 'metadata';

const GIB = 2 ** 30;
/** A file that grows as far as this and never shrinks: all five must fit on an ordinary disk. */
const OSD_BYTES = 12 * GIB;
const GATEWAY_NAMES = ['a', 'b', 'c', 'd'];

/**
 * The three clusters of the local environment. The source has a cluster of its own, so that trouble on
 * one side leaves the other alone.
 */
export function localClusters(ports: LocalPorts): Record<ClusterName, ClusterSpec> {
  return {
    source: {
      ...placed('source', ports.source),
      osds: { count: 1, bytes: OSD_BYTES },
      replicas: { size: 1, minSize: 1 },
    },
    images: {
      ...placed('images', ports.images),
      osds: { count: 3, bytes: OSD_BYTES },
      // Any OSD may die at any time, also while another one is still catching up, and nobody waits.
      replicas: { size: 3, minSize: 2 },
      cold: { storageClass: 'STANDARD_IA', dataChunks: 2, codingChunks: 1, minSize: 2 },
    },
    metadata: {
      ...placed('metadata', ports.metadata),
      osds: { count: 1, bytes: OSD_BYTES },
      replicas: { size: 1, minSize: 1 },
    },
  };
}

function placed(
  name: ClusterName,
  ports: ClusterPorts,
): Pick<ClusterSpec, 'name' | 'dnsName' | 'monitorPort' | 'daemonPorts' | 'gateways'> {
  return {
    name,
    dnsName: `${name}.localhost`,
    monitorPort: ports.monitorPort,
    daemonPorts: ports.daemonPorts,
    gateways: ports.gateways.map((port, index) => ({ name: GATEWAY_NAMES[index] ?? String(index), port })),
  };
}
