import type { Environment } from '../contract/environment.ts';
import type { Workers } from './long-work.ts';

export async function workersOf(environment: Environment): Promise<Workers> {
  const { workers } = environment;
  if (workers.kind === 'supervisor') {
    return (await import('./supervisor/workers.ts')).supervisorWorkers(workers.supervisorConfig);
  }
  const { clusterApi } = await import('./kubernetes/cluster-api.ts');
  return (await import('./kubernetes/workers.ts')).kubernetesWorkers(clusterApi(environment), workers);
}
