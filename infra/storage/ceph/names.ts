/** Names of a cluster in AWS that others find it by. */
export type CephNames = {
  /** The parameters of the cluster: `PREFIX/fsid`, `PREFIX/ssh-public-key`. The hosts make them. */
  parameters: string;
  /** One secret a user of RGW: `PREFIXuser`, JSON `{accessKeyId, secretAccessKey}`. */
  secrets: string;
};

export function cephNames(environment: string, cluster: string): CephNames {
  return {
    parameters: `/storage/${environment}/ceph/${cluster}`,
    secrets: `storage-${environment}/ceph/${cluster}/`,
  };
}

/** CloudWatch's namespace of what the hosts tell. */
export const METRICS_NAMESPACE = 'Storage/Ceph';
