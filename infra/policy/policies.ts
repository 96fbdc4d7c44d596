import type {
  Policies,
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from '@pulumi/policy';
import type { Resource, ResourceRule, StackResource, StackRule } from './rule.ts';
import { plainValues, type Values } from './values.ts';

/** Stacks whose content can be made again. Any other, also one of a name that nobody thought of, cannot. */
const NOT_PRODUCTION = ['dev', 'local'];

/** The rules in the form that the policy runtime asks for. Every one of them is mandatory. */
export function policiesOf(
  resourceRules: readonly ResourceRule[],
  stackRules: readonly StackRule[],
): Policies {
  return [...resourceRules.map(resourcePolicy), ...stackRules.map(stackPolicy)];
}

/** Whether a stack is one whose content cannot be made again, by the URN of any of its resources. */
export function isProduction(urn: string): boolean {
  // urn:pulumi:STACK::PROJECT::TYPE::NAME
  const stack = /^urn:pulumi:(.+?)::/.exec(urn)?.[1] ?? '';
  return !NOT_PRODUCTION.includes(stack);
}

function resourcePolicy(rule: ResourceRule): ResourceValidationPolicy {
  return {
    ...described(rule),
    validateResource: (args, reportViolation) => {
      for (const says of rule.check(resourceOf(args))) reportViolation(says);
    },
  };
}

function stackPolicy(rule: StackRule): StackValidationPolicy {
  return {
    ...described(rule),
    validateStack: ({ resources }, reportViolation) => {
      for (const { urn, says } of rule.checkStack(stackResources(resources))) reportViolation(says, urn);
    },
  };
}

function described({ name, description, severity, remedy }: ResourceRule | StackRule) {
  return { name, description: `${description} ${remedy}`, severity, enforcementLevel: 'mandatory' as const };
}

/** All rules look at one resource, one after the other. */
const seen = new WeakMap<object, Resource>();

function resourceOf(args: ResourceValidationArgs | PolicyResource): Resource {
  const known = seen.get(args.props);
  if (known !== undefined) return known;
  const resource: Resource = {
    type: args.type,
    name: args.name,
    urn: args.urn,
    props: plainValues(args.props as Values),
    options: { protect: args.opts.protect, ignoreChanges: args.opts.ignoreChanges },
    ...(args.provider && {
      provider: { type: args.provider.type, props: plainValues(args.provider.props as Values) },
    }),
    production: isProduction(args.urn),
  };
  seen.set(args.props, resource);
  return resource;
}

function stackResources(resources: readonly PolicyResource[]): StackResource[] {
  type Made = Resource & { propertyDependencies: Record<string, StackResource[]> };
  const made = new Map<string, Made>(
    resources.map((one) => [one.urn, { ...resourceOf(one), propertyDependencies: {} }]),
  );
  for (const { urn, propertyDependencies } of resources) {
    for (const [property, dependencies] of Object.entries(propertyDependencies)) {
      const target = made.get(urn);
      if (target === undefined) continue;
      target.propertyDependencies[property] = dependencies.flatMap((one) => made.get(one.urn) ?? []);
    }
  }
  return [...made.values()];
}
