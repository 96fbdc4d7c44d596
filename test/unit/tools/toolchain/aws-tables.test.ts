import { describe, expect, it } from 'vitest';
import type { Member, TypeNode } from '../../../../scripts/tools/stand-ins/declarations/type-text.ts';
import { DELETION_GUARDS } from '../../../../scripts/tools/stand-ins/aws/guards.ts';
import { REPLACING } from '../../../../scripts/tools/stand-ins/aws/replacements.ts';
import { declarationOf, sdk } from '../../../../scripts/tools/stand-ins/aws/sdk.ts';
import { SHAPES } from '../../../../scripts/tools/stand-ins/aws/shapes/index.ts';
import type { Life } from '../../../../scripts/tools/stand-ins/aws/shapes/shape.ts';

/** The hand-written tables of the recording plugin name only what the installed @pulumi/aws declares. */

const life = (type: string): Life => ({
  type,
  name: 'one',
  identity: 'identity',
  inputs: {
    publish: true,
    engine: 'aurora-postgresql',
    manageMasterUserPassword: true,
    updateDefaultVersion: true,
  },
  region: 'us-east-1',
  account: '123456789012',
});

describe('what replaces', () => {
  it.each(Object.entries(REPLACING))('%s', (type, paths) => {
    const declaration = declarationOf(type);
    expect(declaration, `there is no ${type}`).not.toBeNull();
    expect(paths.filter((path) => !isDeclared(declaration?.inputs ?? [], path.split('.')))).toEqual([]);
  });
});

describe('what AWS answers', () => {
  it.each(Object.entries(SHAPES))('%s', (type, shape) => {
    const declaration = declarationOf(type);
    expect(declaration, `there is no ${type}`).not.toBeNull();
    const outputs = declaration?.outputs.map(({ name }) => name) ?? [];
    const answered = [
      ...Object.keys(shape.outputs?.(life(type), 'id') ?? {}),
      ...Object.keys(shape.planned?.(life(type)) ?? {}),
      ...Object.keys(shape.updated?.outputs(life(type), 'id', {}) ?? {}),
      ...(shape.arn === undefined ? [] : ['arn']),
    ];
    expect(answered.filter((name) => !outputs.includes(name))).toEqual([]);
    const inputs = declaration?.inputs.map(({ name }) => name) ?? [];
    const named = [shape.naming?.property, ...(shape.updated?.by ?? [])].filter(
      (name) => name !== undefined && name !== '*',
    );
    expect(named.filter((name) => !inputs.includes(name ?? ''))).toEqual([]);
  });
});

describe('what refuses to be deleted', () => {
  it.each(Object.entries(DELETION_GUARDS))('%s', (type, { property }) => {
    expect(declarationOf(type)?.inputs.map(({ name }) => name)).toContain(property);
  });
});

function isDeclared(members: readonly Member[], [first, ...rest]: string[]): boolean {
  const member = members.find(({ name }) => name === first);
  return member !== undefined && (rest.length === 0 || isDeclared(membersOf(member.type), rest));
}

function membersOf(type: TypeNode): readonly Member[] {
  switch (type.kind) {
    case 'reference':
      return sdk.object(type.name) ?? [];
    case 'object':
      return type.members;
    case 'list':
      return membersOf(type.item);
    case 'union':
      return type.of.flatMap(membersOf);
    default:
      return [];
  }
}
