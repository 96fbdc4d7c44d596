import { readFile } from 'node:fs/promises';
import { eksToken } from './eks-token.ts';

/** Where a pod finds its service account's token; the kubelet replaces it before it ends. */
const IN_POD = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * Who a process is to a cluster: a pod its service account, anything else (the steps' function, an operator)
 * its AWS role.
 */
export async function clusterToken(cluster: { name: string; region: string }): Promise<string> {
  const own = await readFile(IN_POD, 'utf8').catch(() => null);
  return own?.trim() ?? eksToken(cluster);
}
