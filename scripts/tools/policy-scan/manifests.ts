import type { StackResource } from './resources.ts';

/** The objects of Kubernetes in a stack, as a list that `kubectl apply` and checkov read. */
export function manifests(
  resources: readonly StackResource[],
): { items: object[] } & Record<string, unknown> {
  const items = resources
    .filter(
      ({ type, inputs }) => type.startsWith('kubernetes:') && 'kind' in inputs && 'apiVersion' in inputs,
    )
    .map(({ name, inputs }) => ({
      ...inputs,
      metadata: { name, ...(inputs['metadata'] as Record<string, unknown> | undefined) },
    }));
  return { apiVersion: 'v1', kind: 'List', items };
}
