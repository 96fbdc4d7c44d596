import { broken, deed, type Mutant } from './mutant.ts';

/** Guards of what is still on S3 alone, before it is emptied. */
export const RETIRE_MUTANTS: readonly Mutant[] = [
  broken(
    'S3 is emptied before the days are over',
    4,
    'retire',
    'move/teardown/guards.ts',
    'if (now.getTime() >= until.getTime()) return [];',
    'if (now.getTime() >= 0) return [];',
  ),
  broken(
    'what is missing on Ceph counts as superseded',
    4,
    'retire',
    'move/verify/containment.ts',
    "if (await isSuperseded(sides, key, source)) return { containment: 'superseded' };",
    "return { containment: 'superseded' };",
  ),
  {
    ...broken(
      'S3 is certified while requests are in flight',
      4,
      'retire',
      'move/teardown/retire.ts',
      'await sleep(environment.bounds.requestSeconds * 1000);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      lost: 1,
      daysAhead: 15.1,
      before: {},
      clients: [],
      blows: [],
      stragglers: [deed('put', 'a', { begins: { by: 'operator', at: 4 }, lands: { by: 'nobody', at: 1 } })],
    },
  },
];
