import { describe, expect, test } from 'vitest';
import { isProduction, policiesOf } from '../../../../infra/policy/policies.ts';
import { RESOURCE_RULES, STACK_RULES } from '../../../../infra/policy/rules/index.ts';

describe('the pack', () => {
  const policies = policiesOf(RESOURCE_RULES, STACK_RULES);

  test('every rule is mandatory and has a name of its own', () => {
    expect(policies.map(({ enforcementLevel }) => enforcementLevel)).toEqual(policies.map(() => 'mandatory'));
    expect(new Set(policies.map(({ name }) => name)).size).toBe(RESOURCE_RULES.length + STACK_RULES.length);
    for (const { name, description } of policies) {
      expect(name).toMatch(/^[a-z][a-z0-9-]+$/);
      expect(description).toMatch(/\.$/);
    }
  });

  test('only dev and local are no production', () => {
    const urn = (stack: string) => `urn:pulumi:${stack}::storage::aws:sqs/queue:Queue::q`;
    expect(['dev', 'local'].map(urn).map(isProduction)).toEqual([false, false]);
    expect(['prod', 'prod-eu', 'development', ''].map(urn).map(isProduction)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });
});
