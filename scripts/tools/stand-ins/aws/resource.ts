import { createHash } from 'node:crypto';
import type { Member } from '../declarations.ts';
import { nameOf, typeOf, type Failure } from '../provider.ts';
import { identityOf } from '../records.ts';
import { mapParts, plain, UNKNOWN, type Wire } from '../wire.ts';
import type { AwsSettings } from './settings.ts';
import { awsType } from './types.ts';

/** Where the SDK's providers note what they filled in themselves. */
const DEFAULTS = '__defaults';
const RANDOM_DIGITS = 7;
const LONGEST = 255;
/** The services whose ARNs have another name than their module of the SDK. */
const SERVICES: Record<string, string> = { vpc: 'ec2', lb: 'elasticloadbalancing' };

/** A resource of AWS between being made and being deleted, and what is made up for it. */
export class Resource {
  readonly type: string;
  /** The name in the program. */
  readonly name: string;
  readonly inputs: Wire;
  readonly region: string;
  readonly account: string;
  readonly id: string;
  readonly arn: string;
  readonly #identity: string;

  /** @param life which resource of that URN it is: another one gets other ids */
  constructor(urn: string, inputs: Wire, life: number, settings: AwsSettings) {
    this.type = typeOf(urn);
    this.name = nameOf(urn);
    this.inputs = plain(inputs) as Wire;
    this.region = this.text('region') || settings.region;
    this.account = settings.account;
    this.#identity = identityOf(urn, life);
    const { name = 'name', id, arn } = awsType(this.type);
    const [, service = '', kind = ''] = /^aws:(\w+)\/(\w+):/.exec(this.type) ?? [];
    const local =
      id === undefined || id === 'arn'
        ? this.text(name) || `${this.name}-${this.hex(17)}`
        : this.#fill(id, '');
    const path = arn ?? `${SERVICES[service] ?? service}:{region}:{account}:${kind}/{id}`;
    this.arn = `arn:aws:${this.#fill(path, local)}`;
    this.id = id === 'arn' ? this.arn : local;
  }

  /** An input as text, '' where it is not given. */
  text(input: string): string {
    const value = this.inputs[input];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  }

  /** Hexadecimal digits that are always the same for the resource and a purpose. */
  hex(length: number, purpose = ''): string {
    return createHash('sha256').update(`${this.#identity} ${purpose}`).digest('hex').slice(0, length);
  }

  /** Texts, in whatever they are, with their places filled: `{region}`, `{account}`, `{id}`, 16 digits as `{16}` (`{X16}`: in capitals), an input. */
  filled(value: unknown): unknown {
    return typeof value === 'string'
      ? this.#fill(value, this.id)
      : mapParts(value, (part) => this.filled(part));
  }

  #fill(text: string, id: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (_, word: string) => {
      if (/^\d+$/.test(word)) return this.hex(Number(word));
      if (/^X\d+$/.test(word)) return this.hex(Number(word.slice(1))).toUpperCase();
      if (word === 'id') return id;
      return word === 'region' || word === 'account' ? this[word] : this.text(word);
    });
  }
}

type Naming = { property: string; limit: number };

/** The input that AWS knows a resource by, where it may be left out. */
export function namingOf(type: string, inputs: readonly Member[]): Naming | null {
  const { name: property = 'name', limit = LONGEST } = awsType(type);
  return inputs.some(({ name, optional }) => name === property && optional) ? { property, limit } : null;
}

/**
 * Gives a name to what has none, as the real provider does: the name in the program, a dash and seven digits,
 * kept from then on (https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming).
 * @param digits for a new name; hexadecimal
 */
export function named(
  { property, limit }: Naming,
  inputs: Wire,
  before: { name: string; olds: Wire | null; digits: string },
): { inputs: Wire; failures: Failure[] } {
  const given = plain(inputs[property]);
  if (given !== undefined || inputs[`${property}Prefix`] !== undefined) {
    const isLong = typeof given === 'string' && given !== UNKNOWN && given.length > limit;
    const reason = `"${String(given)}" has ${String(given).length} characters; AWS takes ${limit}.`;
    return { inputs, failures: isLong ? [{ property, reason }] : [] };
  }
  const suffix = inputs['fifoQueue'] === true ? '.fifo' : '';
  const made = `${before.name}-${before.digits.slice(0, RANDOM_DIGITS)}${suffix}`;
  const kept = before.olds !== null && isGenerated(before.olds, property) ? before.olds[property] : undefined;
  const reason = `"${made}", made of the resource's name and ${RANDOM_DIGITS} digits, has ${made.length} characters; AWS takes ${limit}. Shorten the resource's name, or give ${property}.`;
  return {
    inputs: { ...inputs, [property]: kept ?? made, [DEFAULTS]: [property] },
    failures: made.length > limit ? [{ property, reason }] : [],
  };
}

export function isGenerated(inputs: Wire, property: string): boolean {
  const names = inputs[DEFAULTS];
  return Array.isArray(names) && names.includes(property);
}
