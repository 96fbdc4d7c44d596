import type { KubernetesApi } from './kubernetes-api.ts';

/** A pod that takes requests. */
export type ReadyPod = { name: string; address: string };

/** What is read of a Pod (v1). */
type Pod = {
  metadata: { name: string; deletionTimestamp?: string };
  status?: { podIP?: string; conditions?: { type: string; status: string }[] };
};

/** The pods with these labels that a load balancer may send requests to now. */
export async function readyPods(
  api: Pick<KubernetesApi, 'get'>,
  { namespace, selector }: { namespace: string; selector: string },
): Promise<ReadyPod[]> {
  const query = new URLSearchParams({ labelSelector: selector });
  const list = await api.get(`/api/v1/namespaces/${namespace}/pods?${query.toString()}`);
  return ((list as { items?: Pod[] } | null)?.items ?? []).flatMap((pod) => {
    const address = pod.status?.podIP;
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return address === undefined || ready !== true ? [] : [{ name: pod.metadata.name, address }];
  });
}
