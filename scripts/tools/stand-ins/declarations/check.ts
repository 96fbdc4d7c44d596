import { plain, UNKNOWN } from '../secrets.ts';
import type { Failure, Wire } from '../recording/provider.ts';
import { pathText } from '../recording/changes.ts';
import type { Sdk } from './sdk.ts';
import type { Member, TypeNode } from './type-text.ts';

type Path = (string | number)[];

/**
 * What is wrong with inputs, held against what the SDK declares: inputs that there are not, required ones
 * that are missing, values of another kind, as deep as the declarations go.
 */
export function checkMembers(sdk: Sdk, type: string, members: readonly Member[], inputs: Wire): Failure[] {
  const given = plain(inputs) as Wire;
  const shown = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith('__')));
  return new Check(sdk, type).members(members, shown, []);
}

class Check {
  readonly #sdk: Sdk;
  readonly #type: string;

  constructor(sdk: Sdk, type: string) {
    this.#sdk = sdk;
    this.#type = type;
  }

  members(members: readonly Member[], given: Wire, path: Path): Failure[] {
    const names = members.map(({ name }) => name);
    const where = path.length === 0 ? this.#type : `${pathText(path)} of ${this.#type}`;
    const missing = members
      .filter((member) => isRequired(member) && given[member.name] === undefined)
      .map(({ name }) => ({
        property: pathText([...path, name]),
        reason: `${where} needs "${name}"; given were: ${Object.keys(given).sort().join(', ') || 'none'}.`,
      }));
    const wrong = Object.entries(given).flatMap(([name, value]) => {
      if (value === undefined) return [];
      const member = members.find((one) => one.name === name);
      if (member !== undefined) return this.value(member.type, value, [...path, name]);
      return [
        {
          property: pathText([...path, name]),
          reason: `${where} has no "${name}" (given: ${brief(value)}); it has: ${names.sort().join(', ')}.`,
        },
      ];
    });
    return [...missing, ...wrong];
  }

  value(type: TypeNode, value: unknown, path: Path): Failure[] {
    if (value === UNKNOWN || value === null || type.kind === 'any') return [];
    switch (type.kind) {
      case 'union': {
        const tried = type.of
          .filter(({ kind }) => kind !== 'undefined')
          .map((one) => this.value(one, value, path));
        // What comes nearest tells most.
        return tried.sort((a, b) => a.length - b.length)[0] ?? [];
      }
      case 'reference':
        return this.#object(this.#sdk.object(type.name), value, path);
      case 'object':
        return this.#object(type.members, value, path);
      case 'list':
        return Array.isArray(value)
          ? value.flatMap((item, index) => this.value(type.item, item, [...path, index]))
          : this.#expected('a list', value, path);
      case 'map':
        return isMap(value)
          ? Object.entries(value).flatMap(([name, part]) => this.value(type.value, part, [...path, name]))
          : this.#expected('a map', value, path);
      case 'literal':
        return value === type.value ? [] : this.#expected(JSON.stringify(type.value), value, path);
      case 'undefined':
        return [];
      case 'string':
        // As the real ones do, a number or a boolean is taken for its text.
        return typeof value === 'object' ? this.#expected('a string', value, path) : [];
      case 'number':
        return typeof value === 'number' ||
          (typeof value === 'string' && value.trim() !== '' && !isNaN(Number(value)))
          ? []
          : this.#expected('a number', value, path);
      case 'boolean':
        return typeof value === 'boolean' || value === 'true' || value === 'false'
          ? []
          : this.#expected('true or false', value, path);
    }
  }

  #object(members: readonly Member[] | null, value: unknown, path: Path): Failure[] {
    if (!isMap(value)) return this.#expected('a map', value, path);
    return members === null ? [] : this.members(members, value, path);
  }

  #expected(what: string, value: unknown, path: Path): Failure[] {
    return [
      {
        property: pathText(path),
        reason: `${pathText(path)} of ${this.#type} must be ${what}; given: ${brief(value)}.`,
      },
    ];
  }
}

export function isRequired({ optional, type }: Member): boolean {
  return !optional && !takesUndefined(type);
}

export function takesUndefined(type: TypeNode): boolean {
  return type.kind === 'undefined' || (type.kind === 'union' && type.of.some(takesUndefined));
}

function isMap(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
