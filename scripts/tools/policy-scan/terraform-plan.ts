import type { StackResource } from './resources.ts';
import { listNames, snakeCase, terraformType } from './terraform-types.ts';

/** As much of `terraform show -json PLAN` as checkov reads. */
export type TerraformPlan = {
  format_version: string;
  terraform_version: string;
  planned_values: { root_module: { resources: object[] } };
  resource_changes: object[];
  configuration: { root_module: { resources: object[] } };
};

/** Properties whose names are those of people, not of the schema: tags, environment variables. */
const MAPS = /^(tags|tagsAll|variables|resourceTags|labels)$/;

/**
 * Properties that checkov looks for under the name that an older type gives them: it would take a rule for a
 * security group for one that lets in everybody.
 */
const ALSO: Readonly<Record<string, string>> = {
  referencedSecurityGroupId: 'source_security_group_id',
  prefixListId: 'prefix_list_ids',
};

/**
 * The resources of AWS in a stack as a plan of Terraform's: everything is to be created. `addresses` says which
 * resource of ours an address in the plan is.
 */
export function terraformPlan(resources: readonly StackResource[]): {
  plan: TerraformPlan;
  addresses: Map<string, StackResource>;
} {
  const addressOf = new Map(
    resources.flatMap((resource) => {
      const type = terraformType(resource.type);
      return type === null ? [] : [[resource.urn, `${type}.${label(resource)}`] as const];
    }),
  );
  const known = resources.filter(({ urn }) => addressOf.has(urn));
  const entries = known.map((resource) => {
    const address = addressOf.get(resource.urn) ?? '';
    const [type = '', name = ''] = address.split('.');
    const values = block(resource.inputs);
    return {
      entry: { address, mode: 'managed', type, name, provider_name: 'registry.terraform.io/hashicorp/aws' },
      values,
      expressions: references(resource, addressOf),
    };
  });
  return {
    addresses: new Map(known.map((resource) => [addressOf.get(resource.urn) ?? '', resource])),
    plan: {
      format_version: '1.2',
      terraform_version: '1.9.0',
      planned_values: {
        root_module: { resources: entries.map(({ entry, values }) => ({ ...entry, values })) },
      },
      resource_changes: entries.map(({ entry, values }) => ({
        ...entry,
        change: { actions: ['create'], before: null, after: values, after_unknown: {} },
      })),
      configuration: {
        root_module: {
          resources: entries.map(({ entry, expressions }) => ({ ...entry, expressions })),
        },
      },
    },
  };
}

/** A name that is one resource's alone: two types of ours may be one of Terraform's. */
function label({ name, type }: StackResource): string {
  return `${type.split(':').at(-1) ?? ''}-${name}`.replace(/[^A-Za-z0-9_-]/g, '-');
}

function block(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
      if (name.startsWith('__')) return [];
      if (MAPS.test(name) && !Array.isArray(value)) return [[snakeCase(name), value]];
      if (Array.isArray(value)) return listNames(name).map((one) => [one, value.map(converted)]);
      // A block that may come only once is a list of one in Terraform.
      if (value !== null && typeof value === 'object') return [[snakeCase(name), [converted(value)]]];
      const also = ALSO[name];
      return [[snakeCase(name), value], ...(also === undefined ? [] : [[also, value] as [string, unknown]])];
    }),
  );
}

function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  return value !== null && typeof value === 'object' ? block(value as Record<string, unknown>) : value;
}

/** Which resource a value comes from: checkov joins what belongs together by it. */
function references(resource: StackResource, addressOf: ReadonlyMap<string, string>) {
  return Object.fromEntries(
    Object.entries(resource.propertyDependencies).flatMap(([property, urns]) => {
      const addresses = urns.flatMap((urn) => addressOf.get(urn) ?? []);
      const expression = { references: addresses.flatMap((address) => [`${address}.id`, address]) };
      return addresses.length === 0 ? [] : [[snakeCase(property), expression] as const];
    }),
  );
}
