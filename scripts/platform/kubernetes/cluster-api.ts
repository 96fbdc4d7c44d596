import type { Environment } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { KubernetesApi } from './kubernetes-api.ts';

const standing = new WeakMap<object, KubernetesApi>();

/** The API of the cluster that the workers run in; one for a process. Throws UserError where there is none. */
export function clusterApi({ workers }: Pick<Environment, 'workers'>): KubernetesApi {
  if (workers.kind !== 'kubernetes') {
    throw new UserError(`This environment has no cluster: its workers are of the kind "${workers.kind}"`);
  }
  const api = standing.get(workers) ?? new KubernetesApi(workers.cluster);
  standing.set(workers, api);
  return api;
}
