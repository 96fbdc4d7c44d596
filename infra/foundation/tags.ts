/**
 * The tag that the console shows as a resource's name. Everything else (system, environment, owner, cost
 * centre) comes from the provider's default tags.
 */
export function named(name: string): { Name: string } {
  return { Name: name };
}
