import { describe, expect, it } from 'vitest';
import type { Member, Type } from '../../../../scripts/tools/stand-ins/declarations.ts';
import { declarationOf } from '../../../../scripts/tools/stand-ins/aws/provider.ts';
import { TYPES } from '../../../../scripts/tools/stand-ins/aws/types.ts';

describe('what the stand-in for AWS knows of a type is what the installed @pulumi/aws declares', () => {
  it.each(Object.entries(TYPES))('%s', (key, { name, id, arn, outputs, fixed, guard }) => {
    const kind = key.split('/')[1] ?? '';
    const declaration = declarationOf(`aws:${key}:${kind.charAt(0).toUpperCase()}${kind.slice(1)}`);
    expect(declaration).not.toBeNull();
    const places = [...`${id} ${arn} ${JSON.stringify(outputs)}`.matchAll(/\{([a-z]\w*)\}/g)].map(
      ([, place = '']) => place,
    );
    const inputs = [
      ...places.filter((place) => !['region', 'account', 'id'].includes(place)),
      ...(fixed?.split(/\s+/) ?? []),
      ...[name, guard].filter((input) => input !== undefined),
    ];
    const declared = declaration?.inputs ?? [];
    expect(inputs.filter((input) => !isDeclared(declared, input.split('.')))).toEqual([]);
    const given = declaration?.outputs.map((output) => output.name);
    expect(Object.keys(outputs ?? {}).filter((output) => given?.includes(output) !== true)).toEqual([]);
  });
});

function isDeclared(members: readonly Member[], [first, ...rest]: string[]): boolean {
  const member = members.find(({ name }) => name === first);
  return member !== undefined && (rest.length === 0 || isDeclared(membersOf(member.type), rest));
}

function membersOf(type: Type): readonly Member[] {
  if (type.kind === 'object') return type.members();
  if (type.kind === 'list') return membersOf(type.item);
  return type.kind === 'union' ? type.of.flatMap(membersOf) : [];
}
