import type { Story } from './plan.ts';

/** A guard of the migration's, broken on purpose. The search must find what it lets through. */
export type Mutant = {
  /** In words: what the code does no more. */
  name: string;
  /** Where it is looked for. */
  stories: Story[];
  /** All of them are made, for guards that stand behind one another. */
  edits: Edit[];
};
export type Edit = { file: string; guard: string; broken: string };

const one = (name: string, stories: Story[], file: string, guard: string, broken: string): Mutant => ({
  name,
  stories,
  edits: [{ file: `scripts/${file}`, guard, broken }],
});

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'the hold turns although keys differ, and does not wait for replay',
    stories: ['cutover'],
    edits: [
      {
        file: 'scripts/cutover/hold.ts',
        guard: 'return lag.operations === 0 && claims === 0\n        ? true',
        broken: 'return lag.operations >= 0 || claims === 0\n        ? true',
      },
      {
        file: 'scripts/cutover/hold.ts',
        guard: 'if (findings.length === 0) {',
        broken: 'if (findings.length >= 0) {',
      },
    ],
  },
  one(
    'the turn does not switch versions on',
    ['stragglers'],
    'cutover/hold.ts',
    'await setTargetVersioning(environment, true);',
    '',
  ),
  one(
    'going back does not count the writes that only Ceph has',
    ['rollback'],
    'cutover/hold.ts',
    'if (writes > 0) throw new Error(`Ceph holds ${writes} writes that S3 does not have`);',
    'void writes;',
  ),
  one(
    'going back does not count deletions',
    ['rollback'],
    'cutover/target-writes.ts',
    "if (version.versionId === 'null') continue;",
    "if (version.versionId === 'null' || version.isDeleteMarker) continue;",
  ),
  one(
    'after the turn S3 is still followed',
    ['stragglers'],
    'replay/decide.ts',
    "return situation.writesGoTo === 'source' ? followSource(situation) : keepTarget(situation);",
    'return followSource(situation);',
  ),
  one(
    'a deletion on S3 after the turn deletes on Ceph',
    ['stragglers'],
    'replay/decide.ts',
    "decision.conflicts.push({ position: operation.position, kind: 'delete', reason: REASONS.deleted });",
    "decision.action = { do: 'delete' };",
  ),
  one(
    'a straggler writes a key that Ceph has deleted',
    ['stragglers'],
    'replay/decide.ts',
    'if (history.entries === 0) return',
    'if (target.current === null) return',
  ),
  one(
    "a straggler's bytes are not kept aside",
    ['stragglers'],
    'replay/decide.ts',
    "action: { do: 'aside', position: put.position },",
    "action: { do: 'nothing' },",
  ),
  one(
    'a fallback reads any key from S3',
    ['fallback'],
    'ledger/pending.ts',
    "return (await pendingState(db, move, key, 0)) === 'pending';",
    'return (await pendingState(db, move, key, 0)) !== undefined;',
  ),
  one(
    'a key that was taken for a write which failed stays off the list',
    ['fallback'],
    'pending/promotion.ts',
    'await giveBackPending(ledger, move, key);\n    return true;',
    'await dropPending(ledger, move, [key]);\n    return false;',
  ),
  one(
    'S3 is emptied before the days are over',
    ['retire'],
    'teardown/guards.ts',
    'if (now.getTime() >= until.getTime()) return [];',
    'if (now.getTime() >= 0) return [];',
  ),
  one(
    'what is missing on Ceph counts as superseded',
    ['retire'],
    'verify/containment.ts',
    "if (await isSuperseded(pair, key, source)) return { containment: 'superseded' };",
    "return { containment: 'superseded' };",
  ),
  one(
    'a ledger that was restored from a backup is believed',
    ['restore'],
    'ledger/epoch-mirror.ts',
    'if (mirrored <= epoch) return;',
    'if (mirrored >= 0n) return;',
  ),
];
