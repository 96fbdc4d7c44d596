import type * as k8s from '@pulumi/kubernetes';
import { CONFIG_MAPS } from './names.ts';

type Rule = k8s.types.input.rbac.v1.PolicyRule;

/**
 * The steps make Jobs of the stack's templates, let them go on, and take them away. The one that turns the cache
 * tier asks each of its pods whether it has turned. The hold's watch does both in the steps' stead.
 */
export const STEPS_RULES: Rule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: [CONFIG_MAPS.copyJob, CONFIG_MAPS.verifyJob],
    verbs: ['get'],
  },
  { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'create', 'patch', 'delete'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
];
