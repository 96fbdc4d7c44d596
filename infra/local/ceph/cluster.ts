/**
 * What a Ceph cluster is, apart from where it runs: daemons, pools, storage classes, S3 endpoints. The
 * files and commands beside this one are built from it.
 */
export type ClusterSpec = {
  name: string;
  /** The S3 endpoint's name for virtual-hosted addressing: `BUCKET.DNSNAME`. Path style works too. */
  dnsName: string;
  monitorPort: number;
  /** Ports that the manager and the OSDs choose theirs from: four an OSD, one for the manager, and spare ones. */
  daemonPorts: { first: number; last: number };
  gateways: readonly Gateway[];
  osds: {
    count: number;
    /** Size of each OSD's sparse file. Only what is written takes space. */
    bytes: number;
  };
  /** Copies of each object in the STANDARD class, of indexes and of metadata; and how many must be up to write. */
  replicas: { size: number; minSize: number };
  /** An erasure-coded pool as a second storage class; none by default. */
  cold?: ColdClass;
};

export type Gateway = {
  /** The RGW's name in Ceph is `client.rgw.NAME`. */
  name: string;
  port: number;
};

export type ColdClass = {
  /** One of Amazon's names: SDKs refuse others. */
  storageClass: 'STANDARD_IA' | 'ONEZONE_IA' | 'GLACIER_IR';
  dataChunks: number;
  codingChunks: number;
  /** Chunks that must be up to write. Less than data + coding chunks, or one dead OSD stops all writes. */
  minSize: number;
};

export type Pool = {
  name: string;
  kind: 'replicated' | 'erasure';
  placementGroups: number;
};

/** The pool behind the cold storage class. */
export const COLD_POOL = 'default.rgw.cold.data';

/**
 * The pools that an RGW of the default zone wants. It would make them itself at its first start, one
 * after the other and with the default number of placement groups; few groups peer faster after an OSD's death.
 */
export function poolsOf(cluster: ClusterSpec): Pool[] {
  const replicated = (name: string, placementGroups: number): Pool => ({
    name,
    kind: 'replicated',
    placementGroups,
  });
  return [
    replicated('.rgw.root', 1),
    replicated('default.rgw.control', 1),
    replicated('default.rgw.meta', 1),
    replicated('default.rgw.log', 4),
    replicated('default.rgw.buckets.index', 8),
    replicated('default.rgw.buckets.data', 8),
    replicated('default.rgw.buckets.non-ec', 2),
    ...(cluster.cold === undefined
      ? []
      : [{ name: COLD_POOL, kind: 'erasure', placementGroups: 8 } as const]),
  ];
}

/** The names of a cluster's OSDs, managers and monitors are numbers and `a`: one of each, but for OSDs. */
export function osdIds(cluster: ClusterSpec): number[] {
  return Array.from({ length: cluster.osds.count }, (_, id) => id);
}
