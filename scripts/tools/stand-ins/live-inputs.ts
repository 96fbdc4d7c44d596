import type { Member, Type } from './declarations.ts';
import { isMap, isSecret, type Wire } from './wire.ts';

/**
 * The inputs that would make what is really there: those of the program, with their present values. What the
 * provider filled in itself is left out, so that only what somebody has changed differs.
 */
export function liveInputs(inputs: Wire, live: Wire, members: readonly Member[]): Wire {
  const parts = Object.entries(inputs).map(([name, given]) => {
    if (name.startsWith('__')) return [name, given] as const;
    const type = members.find((member) => member.name === name)?.type ?? { kind: 'any' };
    return [name, project(type, given, live[name])] as const;
  });
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

function project(type: Type, given: unknown, live: unknown): unknown {
  if (given === undefined || isSecret(live)) return live;
  if (type.kind === 'union' && type.of[0] !== undefined) return project(type.of[0], given, live);
  if (type.kind === 'list' && Array.isArray(live) && Array.isArray(given)) {
    return live.map((item, index) => project(type.item, given[index], item));
  }
  if (type.kind === 'object' && isMap(given) && isMap(live)) return liveInputs(given, live, type.members());
  return live;
}
