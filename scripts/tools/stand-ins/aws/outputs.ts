import { takesUndefined } from '../declarations/check.ts';
import type { ResourceDeclaration, Sdk } from '../declarations/sdk.ts';
import type { Member, TypeNode } from '../declarations/type-text.ts';
import type { Wire } from '../recording/provider.ts';
import { isRpcSecretValue, UNKNOWN } from '../secrets.ts';
import { madeUp } from './made-up.ts';
import { shapeOf } from './shapes/index.ts';
import type { Life } from './shapes/shape.ts';

/**
 * All properties of a resource: its inputs as they are, and for each output that its type declares and no input
 * gives, what AWS would have answered.
 * @param before what the resource was, for outputs that stay; null for a new one
 */
export function outputsOf(
  sdk: Sdk,
  declaration: ResourceDeclaration,
  life: Life,
  id: string,
  inputs: Wire,
  before: Wire | null,
): Wire {
  const shape = shapeOf(life.type);
  const known = { arn: shape.arn?.(life, id), ...shape.outputs?.(life, id) } as Wire;
  const complete = new Completion(sdk, (path, type) => {
    if (type.kind === 'list') return [];
    return type.kind === 'map' ? {} : madeUp(life, id, path, type);
  });
  return collect(declaration.outputs, inputs, ({ name, type }) => {
    const value = before?.[name] ?? known[name];
    if (inputs[name] !== undefined) return complete.value(type, inputs[name], known[name], name);
    if (value !== undefined) return complete.value(type, value, undefined, name);
    return takesUndefined(type) ? undefined : complete.value(type, undefined, undefined, name);
  });
}

/** The same for a preview of what is made new: what only AWS can tell is not known. */
export function plannedOutputs(sdk: Sdk, declaration: ResourceDeclaration, life: Life, inputs: Wire): Wire {
  const planned: Wire = { region: life.region, ...shapeOf(life.type).planned?.(life) };
  const unknown = new Completion(sdk, () => UNKNOWN);
  return collect(declaration.outputs, inputs, ({ name, type }) => {
    if (inputs[name] !== undefined) return unknown.value(type, inputs[name], undefined, name);
    return planned[name] ?? (takesUndefined(type) ? undefined : UNKNOWN);
  });
}

function collect(members: readonly Member[], inputs: Wire, value: (member: Member) => unknown): Wire {
  const properties: Wire = { ...inputs };
  for (const member of members) {
    const given = value(member);
    if (given === undefined) delete properties[member.name];
    else properties[member.name] = given;
  }
  return properties;
}

/** Fills in what a nested value lacks of what its type declares always to be there. */
class Completion {
  readonly #sdk: Sdk;
  readonly #make: (path: string, type: TypeNode) => unknown;

  constructor(sdk: Sdk, make: (path: string, type: TypeNode) => unknown) {
    this.#sdk = sdk;
    this.#make = make;
  }

  value(type: TypeNode, given: unknown, known: unknown, path: string): unknown {
    const from = given ?? known;
    switch (type.kind) {
      case 'reference':
        return this.#object(this.#sdk.object(type.name) ?? [], given, known, path);
      case 'object':
        return this.#object(type.members, given, known, path);
      case 'list':
        // A list of one is how many settings are given: what is known of it belongs to its only item.
        return Array.isArray(from)
          ? from.map((item, index) =>
              this.value(
                type.item,
                item,
                Array.isArray(known) ? known[index] : undefined,
                `${path}.${index}`,
              ),
            )
          : (from ?? this.#make(path, type));
      case 'union': {
        const one = type.of.find(({ kind }) => kind !== 'undefined');
        return one === undefined ? from : this.value(one, given, known, path);
      }
      default:
        return from ?? this.#make(path, type);
    }
  }

  #object(members: readonly Member[], given: unknown, known: unknown, path: string): unknown {
    // A secret is left as it is.
    if (given !== undefined && !isMap(given)) return given;
    const from = given ?? {};
    const answers = (known ?? {}) as Wire;
    const parts = members.flatMap(({ name, type, optional }) => {
      const isOptional = optional || takesUndefined(type);
      return isOptional && from[name] === undefined && answers[name] === undefined
        ? []
        : [[name, this.value(type, from[name], answers[name], `${path}.${name}`)] as const];
    });
    return { ...from, ...Object.fromEntries(parts) };
  }
}

function isMap(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRpcSecretValue(value);
}
