import { createHash } from 'node:crypto';
import type { Member, Type } from '../declarations.ts';
import { isMap, UNKNOWN, type Wire } from '../wire.ts';
import type { Resource } from './resource.ts';
import { awsType } from './types.ts';

/**
 * All properties of a resource: its inputs as they are, and for each output that its type declares and no input
 * gives, something in the shape of what AWS would have answered.
 * @param before what the resource was, for outputs that stay; null for a new one
 */
export function outputsOf(
  declared: readonly Member[],
  one: Resource,
  inputs: Wire,
  before: Wire | null = null,
): Wire {
  const known: Wire = {
    ...(one.filled(awsType(one.type).outputs ?? {}) as Wire),
    arn: one.arn,
    ...validations(one),
  };
  return collect(declared, inputs, ({ name, type, optional }) => {
    const value = inputs[name] ?? before?.[name] ?? known[name];
    return value === undefined && optional
      ? undefined
      : complete(type, value, name, (path, of) => madeUp(one, path, of));
  });
}

/** The same for a preview of what is made new: what only AWS can tell is not known. */
export function plannedOutputs(declared: readonly Member[], one: Resource, inputs: Wire): Wire {
  const known: Wire = { region: one.region, ...validations(one, UNKNOWN) };
  return collect(declared, inputs, ({ name, type, optional }) => {
    if (inputs[name] !== undefined) return complete(type, inputs[name], name, () => UNKNOWN);
    return known[name] ?? (optional ? undefined : UNKNOWN);
  });
}

function collect(declared: readonly Member[], inputs: Wire, value: (member: Member) => unknown): Wire {
  return { ...inputs, ...Object.fromEntries(declared.map((member) => [member.name, value(member)])) };
}

/**
 * The DNS records of a certificate, one a name; a name and its wildcard are proven by the same one. How many
 * there are is known before it is made, so that a program may make a resource for each.
 */
function validations(one: Resource, unknown?: typeof UNKNOWN): Wire {
  if (one.type !== 'aws:acm/certificate:Certificate') return {};
  const others = (one.inputs['subjectAlternativeNames'] ?? []) as string[];
  const names = [...new Set([one.text('domainName'), ...others])];
  return {
    domainValidationOptions: names.map((domainName) => {
      const proven = domainName.replace(/^\*\./, '');
      return {
        domainName,
        resourceRecordName: unknown ?? `_${one.hex(32, proven)}.${proven}.`,
        resourceRecordType: unknown ?? 'CNAME',
        resourceRecordValue: unknown ?? `_${one.hex(32, `value ${proven}`)}.acm-validations.aws.`,
      };
    }),
  };
}

/** Fills in what a nested value lacks of what its type declares always to be there. */
function complete(
  type: Type,
  given: unknown,
  path: string,
  make: (path: string, type: Type) => unknown,
): unknown {
  if (type.kind === 'union' && type.of[0] !== undefined) return complete(type.of[0], given, path, make);
  if (type.kind === 'list' && Array.isArray(given)) {
    return given.map((item, index) => complete(type.item, item, `${path}.${index}`, make));
  }
  // A secret, or what is not known, is left as it is.
  if (type.kind === 'object' && (given === undefined || isMap(given))) {
    const parts = type.members().flatMap(({ name, type: part, optional }) => {
      const value = given?.[name];
      return value === undefined && optional ? [] : [[name, complete(part, value, `${path}.${name}`, make)]];
    });
    return { ...given, ...(Object.fromEntries(parts) as Wire) };
  }
  return given ?? make(path, type);
}

/** A value for an output of which nothing is known but its name and its type. */
function madeUp(one: Resource, path: string, type: Type): unknown {
  switch (type.kind) {
    case 'list':
      return [];
    case 'map':
      return {};
    case 'number':
      return path === 'latestVersion' ? 1 : 0;
    case 'boolean':
      return false;
    case 'literal':
      return type.value;
    default:
      return madeUpText(one, path);
  }
}

function madeUpText(one: Resource, path: string): string {
  const name = path.split('.').at(-1) ?? path;
  const kind = /\/(\w+):/.exec(one.type)?.[1] ?? '';
  const host = `${one.hex(12, path)}.${one.region}.amazonaws.com`;
  if (name === 'region') return one.region;
  if (name === 'name' || name === `${kind}Id` || name === 'allocationId') return one.id;
  if (path === 'latestVersion') return '1';
  if (name === 'fqdn') return one.text('name');
  if (/^(owner|account|registry|ownerAccount)(Id)?$/.test(name)) return one.account;
  if (name === 'availabilityZone') return `${one.region}a`;
  if (/arn$/i.test(name)) return `${one.arn}/${one.hex(8, path)}`;
  if (/(privateIp|ipAddress)$/i.test(name)) return privateAddress(one, path);
  if (/(dnsName|domainName|endpoint)$/i.test(name)) return host;
  if (/url$/i.test(name)) return `https://${host}`;
  return `${name}-${one.hex(8, path)}`;
}

/** An address in 10.0.0.0/8. */
function privateAddress(one: Resource, purpose: string): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(one.hex(64, purpose)).digest();
  return `10.${a}.${b}.${4 + (c % 250)}`;
}
