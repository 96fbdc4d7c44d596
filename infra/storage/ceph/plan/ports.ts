/** Where the daemons of a cluster listen that cephadm runs. One place for specs, security groups and checks. */
export const CEPH_PORTS = {
  /** https://docs.ceph.com/en/tentacle/rados/configuration/network-config-ref/ */
  monitors: [3300, 6789],
  /** OSDs and managers take theirs from this range. */
  daemons: { from: 6800, to: 7568 },
  /** cephadm reaches the hosts by SSH. */
  ssh: 22,
  /** The manager tells Prometheus here what there is to read, and agents report. */
  discovery: { from: 8765, to: 8765 },
  dashboard: 8443,
  /** Figures of the cluster, from the active manager. */
  managerMetrics: 9283,
  daemonMetrics: 9926,
  hostMetrics: 9100,
  prometheus: 9095,
  alerts: { from: 9093, to: 9094 },
  /** RGW with TLS. Beside all others on one host, and not in the daemons' range. */
  gateway: 9443,
} as const;
