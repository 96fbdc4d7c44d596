import type { Sdk } from '../declarations/sdk.ts';
import type { Member, TypeNode } from '../declarations/type-text.ts';
import { isRpcSecretValue } from '../secrets.ts';
import type { Wire } from './provider.ts';

/**
 * The inputs that would make what is really there: those of the program, as they stand now. What the provider
 * filled in itself is left out, so that only what somebody has changed differs.
 */
export function liveInputs(inputs: Wire, live: Wire, members: readonly Member[], sdk: Sdk): Wire {
  const parts = Object.entries(inputs).flatMap(([name, given]) => {
    if (name.startsWith('__')) return [[name, given] as const];
    const type = members.find((member) => member.name === name)?.type ?? { kind: 'any' };
    const value = project(sdk, type, given, live[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(parts);
}

function project(sdk: Sdk, type: TypeNode, given: unknown, live: unknown): unknown {
  if (given === undefined || isRpcSecretValue(live)) return live;
  switch (type.kind) {
    case 'union':
      return project(sdk, type.of.find(({ kind }) => kind !== 'undefined') ?? { kind: 'any' }, given, live);
    case 'list':
      return Array.isArray(live) && Array.isArray(given)
        ? live.map((item, index) => project(sdk, type.item, given[index], item))
        : live;
    case 'reference':
      return ofMembers(sdk, sdk.object(type.name) ?? [], given, live);
    case 'object':
      return ofMembers(sdk, type.members, given, live);
    default:
      return live;
  }
}

function ofMembers(sdk: Sdk, members: readonly Member[], given: unknown, live: unknown): unknown {
  return isMap(given) && isMap(live) ? liveInputs(given, live, members, sdk) : live;
}

function isMap(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
