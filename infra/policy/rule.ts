import type { Values } from './values.ts';

/** A resource as the engine is about to make it. */
export type Resource = {
  /** For example `aws:ebs/volume:Volume`. */
  type: string;
  name: string;
  urn: string;
  props: Values;
  options: { protect: boolean; ignoreChanges: readonly string[] };
  /** What the resource is made with, where the engine tells. */
  provider?: { type: string; props: Values };
  /** Whether what it holds cannot be made again: every stack but `dev` and `local`. */
  production: boolean;
};

/** A resource among all others of its stack, with those that its properties come from. */
export type StackResource = Resource & {
  propertyDependencies: Readonly<Record<string, readonly StackResource[]>>;
};

type Described = {
  /** Lower-case words with dashes: what a violation is reported under. */
  name: string;
  /** What may not be, in one sentence. */
  description: string;
  severity: 'medium' | 'high' | 'critical';
  /** What to do about it. */
  remedy: string;
};

/** A rule that looks at one resource. `check` returns what is wrong with it, each as a sentence. */
export type ResourceRule = Described & { check: (resource: Resource) => string[] };

/** A rule that looks at what belongs together. */
export type StackRule = Described & { checkStack: (resources: readonly StackResource[]) => Violation[] };

export type Violation = { urn: string; says: string };

/** What is wrong with the properties of a type; `resource` where more than these is asked. */
export type Check = (props: Values, resource: Resource) => (string | false | undefined)[];

/** The check of the resource's type, or none. */
export function byType(checks: Readonly<Record<string, Check>>): (resource: Resource) => string[] {
  return (resource) => violations(checks[resource.type]?.(resource.props, resource) ?? []);
}

/** Those of a list of `condition && sentence` that hold. */
export function violations(list: readonly (string | false | undefined)[]): string[] {
  return list.filter((says) => typeof says === 'string');
}
