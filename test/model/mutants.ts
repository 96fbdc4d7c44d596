import { HOLD_MUTANTS } from './mutants/hold.ts';
import { LATE_MUTANTS } from './mutants/late.ts';
import type { Mutant } from './mutants/mutant.ts';
import { PENDING_MUTANTS } from './mutants/pending.ts';
import { RETIRE_MUTANTS } from './mutants/retire.ts';
import { STRAGGLER_MUTANTS } from './mutants/stragglers.ts';
import { WORKER_MUTANTS } from './mutants/workers.ts';

export const MUTANTS: readonly Mutant[] = [
  ...HOLD_MUTANTS,
  ...WORKER_MUTANTS,
  ...STRAGGLER_MUTANTS,
  ...LATE_MUTANTS,
  ...PENDING_MUTANTS,
  ...RETIRE_MUTANTS,
];
