import * as pulumi from '@pulumi/pulumi';

/**
 * The value, known only once the resources exist too: whatever uses it is created after them. For what a
 * component gives out before others may use it (a role before its policy, an endpoint before its servers).
 */
export function whenReady<T>(
  value: pulumi.Output<T>,
  resources: readonly pulumi.Resource[],
): pulumi.Output<T> {
  const urns = pulumi.all(resources.map((resource) => resource.urn));
  return pulumi.all([value, urns]).apply(([known]) => known as T);
}
