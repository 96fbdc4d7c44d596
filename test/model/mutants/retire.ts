import { broken, deed, edit, type Mutant } from './mutant.ts';

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
    // Alone, the first is made good by the second, as long as the rules leave what came late a day.
    name: 'S3 is certified while requests are in flight, and not looked at again',
    invariant: 4,
    story: 'retire',
    edits: [
      edit('move/teardown/retire.ts', 'await sleep(environment.bounds.requestSeconds * 1000);'),
      edit('move/teardown/expire.ts', 'if (late.length === 0) return;', 'if (late.length >= 0) return;'),
    ],
    given: {
      slow: 0.08,
      broken: 0,
      lost: 1,
      daysAhead: 15.1,
      before: {},
      clients: [],
      blows: [],
      // Right after the last look at who reads S3, which is right before writes are denied.
      stragglers: [
        deed('put', 'a', { pause: 4800, begins: { by: 'admin', at: 1 }, lands: { by: 'nobody', at: 1 } }),
      ],
    },
  },
];
