import type { Failure, Wire } from '../recording/provider.ts';
import { plain, UNKNOWN } from '../secrets.ts';
import type { Member } from '../declarations/type-text.ts';
import type { Shape } from './shapes/shape.ts';

/** Where the SDK's providers note what they filled in themselves. */
const DEFAULTS = '__defaults';
const RANDOM_DIGITS = 7;
const LONGEST = 255;

/** The input that AWS knows the resource by: `name` in most types. */
export function namingOf(shape: Shape, inputs: readonly Member[]): NonNullable<Shape['naming']> | null {
  if (shape.naming !== undefined) return shape.naming;
  return inputs.some(({ name, optional }) => name === 'name' && optional)
    ? { property: 'name', limit: LONGEST }
    : null;
}

/**
 * Gives a name to what has none, as the real provider does: the name in the program, a dash and seven digits,
 * kept from then on (https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming).
 * @param digits for a new name; hexadecimal
 */
export function named(
  naming: NonNullable<Shape['naming']>,
  inputs: Wire,
  before: { name: string; olds: Wire | null; digits: string },
): { inputs: Wire; failures: Failure[] } {
  const { property, limit } = naming;
  const given = plain(inputs[property]);
  const prefixed = inputs[`${property}Prefix`];
  if (given !== undefined || prefixed !== undefined) {
    return { inputs, failures: typeof given === 'string' && given !== UNKNOWN ? tooLong(naming, given) : [] };
  }
  const kept = before.olds !== null && isGenerated(before.olds, property) ? before.olds[property] : undefined;
  const name = naming.lowerCase === true ? before.name.toLowerCase() : before.name;
  const made = `${naming.prefix ?? ''}${name}-${before.digits.slice(0, RANDOM_DIGITS)}${naming.suffix?.(inputs) ?? ''}`;
  const value = kept ?? made;
  const failures =
    made.length > limit
      ? [
          {
            property,
            reason: `"${made}", made of the resource's name and ${RANDOM_DIGITS} digits, has ${made.length} characters; AWS takes ${limit}. Shorten the resource's name, or give ${property}.`,
          },
        ]
      : [];
  return { inputs: { ...inputs, [property]: value, [DEFAULTS]: [property] }, failures };
}

export function isGenerated(inputs: Wire, property: string): boolean {
  const names = inputs[DEFAULTS];
  return Array.isArray(names) && names.includes(property);
}

function tooLong({ property, limit }: NonNullable<Shape['naming']>, given: string): Failure[] {
  return given.length > limit
    ? [{ property, reason: `"${given}" has ${given.length} characters; AWS takes ${limit}.` }]
    : [];
}
