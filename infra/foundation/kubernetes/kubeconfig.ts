/** What a client needs to find and trust a cluster. All of it is public: the token is made when it is used. */
export type ClusterAddress = {
  name: string;
  region: string;
  /** For example `https://0A1B.gr7.us-east-1.eks.amazonaws.com`. */
  endpoint: string;
  /** Base64 of PEM, as EKS gives it. */
  certificateAuthority: string;
};

/**
 * A kubeconfig without a secret: its user runs `aws eks get-token` with its own credentials. Wants
 * the AWS CLI, version 2, on PATH.
 */
export function kubeconfig({ name, region, endpoint, certificateAuthority }: ClusterAddress): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: endpoint, 'certificate-authority-data': certificateAuthority } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [
      {
        name,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'aws',
            args: ['--region', region, 'eks', 'get-token', '--cluster-name', name, '--output', 'json'],
            interactiveMode: 'Never',
            installHint: 'The AWS CLI, version 2, makes the tokens: https://docs.aws.amazon.com/cli/',
          },
        },
      },
    ],
  });
}
