import { broken, type Mutant } from './mutant.ts';

/** Guards of what S3 tells late: what was done before the hold counts, and nothing else does. */
export const LATE_MUTANTS: readonly Mutant[] = [
  broken(
    'a deletion from before the hold that S3 tells late is a conflict',
    2,
    'late',
    'move/replay/decide.ts',
    "return operation.preHold && history.ours ? 'deleted' : 'conflict';",
    "return 'conflict';",
  ),
  broken(
    'an overwrite from before the hold that S3 tells late is set aside',
    1,
    'late',
    'move/replay/decide.ts',
    'if (put.preHold && history.ours && put.etag',
    'if (put.duplicate && put.etag',
  ),
  broken(
    'whatever S3 tells after the turn was done before the hold',
    1,
    'stragglers',
    'move/replay/pre-hold.ts',
    'return eventTime < eventsBefore;',
    'return true;',
  ),
];
