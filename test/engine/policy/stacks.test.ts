import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ENCRYPTED } from '../../../infra/policy/rules/encryption.ts';
import { HOLDS_STATE } from '../../../infra/policy/rules/protected-state.ts';
import type { StateResource } from '../../support/aws-stack.ts';
import { standingStack } from '../../support/standing-stack.ts';
import { takesKey } from './keyed-types.ts';

/** They may be told a key and store nothing: a mapping has one for its filters, of which there are none. */
const STORES_NOTHING: readonly string[] = ['aws:lambda/eventSourceMapping:EventSourceMapping'];

describe.each(['prod', 'dev'] as const)('%s as it is made', (name) => {
  let state: StateResource[];

  beforeAll(async () => {
    const stack = await standingStack(name);
    state = await stack.state();
    await stack.remove();
  });

  test('the rule about encryption knows every type that takes a key', async () => {
    const told = [...new Set(state.map(({ type }) => type))].filter((type) => type.startsWith('aws:'));
    const keyed = await Promise.all(told.map(async (type) => ((await takesKey(type)) ? [type] : [])));
    const unheardOf = keyed.flat().filter((type) => !(type in ENCRYPTED) && !STORES_NOTHING.includes(type));
    expect(unheardOf).toEqual([]);
  });

  test('what holds state is kept when it leaves the program, in prod', () => {
    const holding = state.filter(({ type }) => HOLDS_STATE.includes(type));
    expect(holding.length).toBeGreaterThan(10);
    const kept = holding.filter(({ protect, retainOnDelete }) => protect === true && retainOnDelete === true);
    expect(kept.length).toBe(name === 'prod' ? holding.length : 0);
  });

  test('the role that updates may make every role, policy and profile, by its name', async () => {
    const template = await readFile(
      path.resolve(import.meta.dirname, '../../../docs/bootstrap/environment.yaml'),
      'utf8',
    );
    const patterns = [...template.matchAll(/AccountId\}:((?:role|policy|instance-profile)\/\S+\*)$/gm)]
      .map(([, pattern = '']) => pattern.replace('${Environment}', name))
      .map((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`));
    expect(patterns.length).toBeGreaterThanOrEqual(6);
    const kinds: Record<string, string> = {
      'aws:iam/role:Role': 'role',
      'aws:iam/policy:Policy': 'policy',
      'aws:iam/instanceProfile:InstanceProfile': 'instance-profile',
    };
    const made = state.flatMap(({ type, outputs }) =>
      type in kinds
        ? [`${kinds[type] ?? ''}${(outputs?.['path'] ?? '/') as string}${String(outputs?.['name'])}`]
        : [],
    );
    expect(made.length).toBeGreaterThan(5);
    expect(made.filter((identity) => !patterns.some((pattern) => pattern.test(identity)))).toEqual([]);
  });
});
