/** A node's configuration at its start; EKS adds what it needs to join the cluster. */
export type NodeSettings = {
  /**
   * `raid0`: all local NVMe disks become one volume, and containers' layers, logs and `emptyDir` lie on it.
   * Its content is gone with the node. Default: the disks are left alone.
   */
  localStorage?: 'raid0';
};

const BOUNDARY = 'node-settings';

/**
 * User data of an Amazon Linux 2023 node: a NodeConfig of nodeadm, as a part of a MIME document that EKS
 * merges with its own (https://awslabs.github.io/amazon-eks-ami/nodeadm/). Undefined where nothing differs
 * from the defaults.
 */
export function nodeUserData(settings: NodeSettings): string | undefined {
  if (settings.localStorage === undefined) return undefined;
  return [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    'Content-Type: application/node.eks.aws',
    '',
    'apiVersion: node.eks.aws/v1alpha1',
    'kind: NodeConfig',
    'spec:',
    '  instance:',
    '    localStorage:',
    '      strategy: RAID0',
    '',
    `--${BOUNDARY}--`,
    '',
  ].join('\n');
}
