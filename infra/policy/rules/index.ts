import type { ResourceRule, StackRule } from '../rule.ts';
import { companions } from './companions.ts';
import { costOwner } from './cost-owner.ts';
import { deletionProtection } from './deletion-protection.ts';
import { encryption } from './encryption.ts';
import { immutableMachines } from './immutable-machines.ts';
import { instanceMetadata } from './instance-metadata.ts';
import { logRetention } from './log-retention.ts';
import { openIngress } from './open-ingress.ts';
import { protectedState } from './protected-state.ts';
import { publicAccess } from './public-access.ts';
import { secrets } from './secrets.ts';
import { tags } from './tags.ts';
import { tlsOnly } from './tls-only.ts';
import { wildcardIam } from './wildcard-iam.ts';

export const RESOURCE_RULES: readonly ResourceRule[] = [
  costOwner,
  deletionProtection,
  encryption,
  immutableMachines,
  instanceMetadata,
  logRetention,
  openIngress,
  protectedState,
  publicAccess,
  secrets,
  tags,
  tlsOnly,
  wildcardIam,
];

export const STACK_RULES: readonly StackRule[] = [companions];
