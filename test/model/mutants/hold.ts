import { blow, broken, deed, edit, type Mutant } from './mutant.ts';

/** Guards of the turn: capture, the hold, going back, the epoch. */
export const HOLD_MUTANTS: readonly Mutant[] = [
  broken(
    'capture answers before it has committed',
    3,
    'cutover',
    'platform/notifications/group-commit.ts',
    'await written.promise;',
    'void written.promise.catch(() => undefined);',
  ),
  broken(
    'the hold does not prove capture by a canary',
    3,
    'cutover',
    'move/cutover/hold.ts',
    'await proofs.canary(environment, ledger, { deadlineSeconds: deadline.remainingSeconds });',
    '{};',
  ),
  broken(
    'the hold believes a certificate of before a gap in capture',
    3,
    'gap',
    'move/verify/parity.ts',
    'if (stale !== null) throw new UserError(stale, { exitCode: 1 });',
    'void stale;',
  ),
  broken(
    'the hold does not wait for writes in flight',
    3,
    'cutover',
    'move/cutover/hold.ts',
    'await sleep((refreshSeconds + holdRequestSeconds) * 1000);',
  ),
  {
    name: 'the hold turns although keys differ, and does not wait for replay',
    invariant: 3,
    story: 'cutover',
    edits: [
      edit(
        'move/cutover/hold.ts',
        'return lag.operations === 0 && claims === 0\n        ? true',
        'return lag.operations >= 0 || claims === 0\n        ? true',
      ),
      edit('move/cutover/hold.ts', 'if (findings.length === 0) {', 'if (findings.length >= 0) {'),
    ],
  },
  {
    ...broken(
      'the turn lets clients write to Ceph while others still read S3',
      1,
      'cutover',
      'move/cutover/carry-out.ts',
      'await sleep(refreshSeconds * 1000);',
    ),
    // They come in the hold: some read, the others wait to write.
    given: {
      unhurried: true,
      slow: 0.08,
      broken: 0,
      before: { a: 2 },
      blows: [],
      stragglers: [],
      clients: (['read', 'put', 'read', 'put'] as const).map((what) => deed(what, 'a', { pause: 3300 })),
    },
  },
  broken(
    'the turn does not switch versions on',
    2,
    'stragglers',
    'move/cutover/hold.ts',
    'await setTargetVersioning(environment, true);',
  ),
  broken(
    'going back does not count the writes that only Ceph has',
    1,
    'rollback',
    'move/cutover/hold.ts',
    'if (writes > 0) throw new Error(`Ceph holds ${writes} writes that S3 does not have`);',
    'void writes;',
  ),
  broken(
    'going back does not count deletions',
    1,
    'rollback',
    'move/cutover/target-writes.ts',
    "if (version.versionId === 'null') continue;",
    "if (version.versionId === 'null' || version.isDeleteMarker) continue;",
  ),
  {
    ...broken(
      'what a called-off hold had changed is put back once or never',
      5,
      'rollback',
      'move/cutover/watch.ts',
      '} else if (await isCalledOffOpen(ledger)) {',
      '} else if (Date.now() < 0) {',
    ),
    given: { slow: 0.08, broken: 10, clients: [] },
  },
  {
    ...broken(
      'what a dead hold had sent is not waited for before it is undone',
      5,
      'cutover',
      'move/cutover/carry-out.ts',
      'await sleep(environment.bounds.requestSeconds * 1000);',
    ),
    given: {
      slow: 0.08,
      broken: 0,
      before: {},
      stragglers: [],
      blows: [blow('operator', 'sent', 6, 'kill')],
      clients: [deed('put', 'a', { pause: 4000 })],
    },
  },
  broken(
    'a ledger that was restored from a backup is believed',
    1,
    'restore',
    'move/common/epoch-mirror.ts',
    'if (mirrored <= epoch) return;',
    'if (mirrored >= 0n) return;',
  ),
];
