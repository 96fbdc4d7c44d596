import { blow, broken, deed, edit, type Mutant } from './mutant.ts';

/** Guards of Ceph against S3, once applications write to Ceph. */
export const STRAGGLER_MUTANTS: readonly Mutant[] = [
  broken(
    'after the turn S3 is still followed',
    1,
    'stragglers',
    'move/replay/decide.ts',
    "return situation.writesGoTo === 'source' ? followSource(situation) : keepTarget(situation);",
    'return followSource(situation);',
  ),
  broken(
    'a deletion on S3 after the turn deletes on Ceph',
    2,
    'stragglers',
    'move/replay/decide.ts',
    "decision.conflicts.push({ position: operation.position, kind: 'delete', reason: REASONS.deleted });",
    "decision.action = { do: 'delete' };",
  ),
  broken(
    'a straggler writes a key that Ceph has deleted',
    5,
    'stragglers',
    'move/replay/decide.ts',
    'if (history.entries === 0) return',
    'if (target.current === null) return',
  ),
  {
    // Alone, the first is made good by the second: what covers a client's write is taken back at once.
    name: "a straggler's write goes unconditionally to Ceph, and is not taken back",
    invariant: 1,
    story: 'stragglers',
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      blows: [blow('replay', 'request', 5, 'stop', { milliseconds: 200 })],
      stragglers: [deed('put', 'a')],
      clients: [deed('put', 'a', { body: 2, begins: { by: 'a blow', at: 1 } })],
    },
    edits: [
      edit('move/replay/act.ts', "copyObject({ ...request, ifNoneMatch: '*' })", 'copyObject(request)'),
      edit('move/replay/decide.ts', 'if (intruder !== null)', 'if (intruder === undefined)'),
    ],
  },
  broken(
    "a straggler's write over a delete marker is not taken back",
    2,
    'stragglers',
    'move/replay/decide.ts',
    'if (intruder !== null)',
    'if (intruder === undefined)',
  ),
  broken(
    "a straggler's bytes are not kept in quarantine",
    1,
    'stragglers',
    'move/replay/decide.ts',
    "action: { do: 'quarantine', position: put.position },",
    "action: { do: 'nothing' },",
  ),
];
