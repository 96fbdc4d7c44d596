import { expect } from 'vitest';
import type { Resource, ResourceRule, StackResource } from '../../../../infra/policy/rule.ts';
import type { Values } from '../../../../infra/policy/values.ts';

export const OWNED = {
  system: 'storage',
  environment: 'prod',
  owner: 'infrastructure',
  'cost-center': '4711',
  'managed-by': 'pulumi',
};

/** A resource of prod that nothing protects, made with a provider whose tags are as they should be. */
export function resource(type: string, props: Values, more: Partial<Resource> = {}): Resource {
  return {
    type,
    name: 'it',
    urn: `urn:pulumi:prod::storage::${type}::it`,
    props,
    options: { protect: false, ignoreChanges: [] },
    provider: { type: 'pulumi:providers:aws', props: { defaultTags: JSON.stringify({ tags: OWNED }) } },
    production: true,
    ...more,
  };
}

export function stackResource(
  type: string,
  name: string,
  props: Values,
  propertyDependencies: StackResource['propertyDependencies'] = {},
): StackResource {
  return {
    ...resource(type, props, { name, urn: `urn:pulumi:prod::storage::${type}::${name}` }),
    propertyDependencies,
  };
}

/** What the rule says of a resource of prod. */
export function said(
  rule: ResourceRule,
  type: string,
  props: Values,
  more: Partial<Resource> = {},
): string[] {
  return rule.check(resource(type, props, more));
}

/**
 * A type with properties that pass, and changes to them each of which does not: what is changed, and a part
 * of what the rule says then.
 */
export type Example = readonly [type: string, passes: Values, fails: readonly (readonly [Values, string])[]];

/** Holds a rule against an example: it lets pass what is right, and says one thing about each that is not. */
export function expectRule(rule: ResourceRule, [type, passes, fails]: Example): void {
  expect(said(rule, type, passes), `${type} passes`).toEqual([]);
  expect(fails.length, `${type} has an example that fails`).toBeGreaterThan(0);
  for (const [change, part] of fails) {
    const props = Object.fromEntries(
      Object.entries({ ...passes, ...change }).filter(([, value]) => value !== undefined),
    );
    expect(said(rule, type, props), `${type} with ${JSON.stringify(change)}`).toEqual([
      expect.stringContaining(part),
    ]);
  }
}
