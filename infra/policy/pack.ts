import { PolicyPack } from '@pulumi/policy';
import { policiesOf } from './policies.ts';
import { RESOURCE_RULES, STACK_RULES } from './rules/index.ts';

new PolicyPack('storage', {
  enforcementLevel: 'mandatory',
  policies: policiesOf(RESOURCE_RULES, STACK_RULES),
});
