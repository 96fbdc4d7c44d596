import { violations, type Resource, type ResourceRule } from '../rule.ts';
import { block, isGiven, UNKNOWN, type Values } from '../values.ts';

/** What every resource says of itself; the provider's default tags carry them. */
export const TAGS = ['system', 'environment', 'managed-by'];

/** The tags that a resource ends up with, as far as the engine tells. */
export function effectiveTags({ props, provider }: Pick<Resource, 'props' | 'provider'>): Values {
  return { ...defaultTags(provider?.props ?? {}), ...block(props['tags']), ...block(props['tagsAll']) };
}

/** A provider's default tags. The engine hands out the inputs of providers as JSON text. */
export function defaultTags(props: Values): Values {
  const given = props['defaultTags'];
  const parsed: unknown = typeof given === 'string' && given !== '' ? JSON.parse(given) : given;
  return block(block(parsed)['tags']);
}

/**
 * Those of `names` that are missing: at a provider of AWS, which hands them to all that is made with it, and
 * where a resource takes away what its provider gives.
 */
export function missingTags(resource: Resource, names: readonly string[]): string[] {
  const { type, props, provider } = resource;
  const without = (given: Values) => names.filter((name) => !isGiven(given[name]));
  if (type === 'pulumi:providers:aws') return without(defaultTags(props));
  if (!type.startsWith('aws:') || props['tags'] === UNKNOWN) return [];
  const given = defaultTags(provider?.props ?? {});
  return without(effectiveTags(resource)).filter((name) => isGiven(given[name]));
}

/** Every resource says which system and environment it belongs to, and who made it. */
export const tags: ResourceRule = {
  name: 'tags',
  description: 'Everything on AWS says which system and environment it belongs to, and that Pulumi made it.',
  severity: 'medium',
  remedy: 'Make it with the provider of the stack: a child inherits it from its parent.',
  check: (resource) => {
    const missing = missingTags(resource, TAGS);
    return violations([missing.length > 0 && `has no tag ${missing.join(', ')}`]);
  },
};
