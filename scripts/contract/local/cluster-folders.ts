import path from 'node:path';

export type ClusterFolders = {
  /** Holds ceph.conf, the keyring, ids, and notes of what has been done once. */
  configuration: string;
  configurationFile: string;
  keyring: string;
  run: string;
  log: string;
  data: string;
};

/** Where one cluster's files lie in a home. */
export function clusterFolders(home: string, cluster: string): ClusterFolders {
  const configuration = path.join(home, 'ceph', cluster);
  return {
    configuration,
    configurationFile: path.join(configuration, 'ceph.conf'),
    keyring: path.join(configuration, 'keyring'),
    run: path.join(home, 'run', `ceph-${cluster}`),
    log: path.join(home, 'log'),
    data: path.join(home, 'data', cluster),
  };
}
