import { describe, expect, it } from 'vitest';
import { originOf, PHASES, workersIn } from '../../../scripts/contract/phases.ts';
import { describePlan, plan } from '../../../scripts/contract/plan.ts';

describe('plan', () => {
  it('leads forward one phase at a time', () => {
    const way = ['none', ...PHASES] as const;
    for (let index = 1; index < way.length; index += 1) {
      const from = way[index - 1] ?? 'none';
      const to = PHASES[index - 1] ?? 'prepare';
      expect(plan(from, to)).toMatchObject({ kind: 'enter', from, to });
    }
  });

  it('refuses to skip a phase and says which one comes first', () => {
    expect(plan('none', 'copy')).toMatchObject({
      kind: 'refused',
      reason:
        'prepare would be skipped, and with it what must be proven before copy. Set storage:phase to prepare first.',
    });
    expect(plan('copy', 'retire')).toMatchObject({
      kind: 'refused',
      reason:
        'cutover and retain would be skipped, and with them what must be proven before retire. Set storage:phase to cutover first.',
    });
  });

  it('goes back only from cutover and retain, and only to copy', () => {
    const back = PHASES.flatMap((from, index) => PHASES.slice(0, index).map((to) => ({ from, to })));
    const allowed = back.filter(({ from, to }) => plan(from, to).kind === 'roll-back');
    expect(allowed).toEqual([
      { from: 'cutover', to: 'copy' },
      { from: 'retain', to: 'copy' },
    ]);
    for (const { from, to } of back.filter((pair) => !allowed.includes(pair))) {
      expect(plan(from, to).kind).toBe('refused');
    }
    expect(plan('retire', 'copy')).toMatchObject({
      reason: 'S3 is being emptied since this phase began: there is no way back to copy.',
    });
  });

  it('does nothing where the move is already', () => {
    for (const phase of PHASES) expect(plan(phase, phase)).toMatchObject({ kind: 'stay', steps: [] });
  });

  it('proves the silence before it certifies, and denies writes before it expires', () => {
    const retire = plan('retain', 'retire');
    expect(retire.kind === 'enter' && retire.steps.map((step) => `${step.at} ${step.id}`)).toEqual([
      'gate retire-guards',
      'settle stragglers-suspend',
      'settle origin-target-only',
      'settle source-readers-deny',
      'settle expire-source',
    ]);
  });

  it('turns the applications in settle, after every part has changed', () => {
    const cutover = plan('copy', 'cutover');
    expect(cutover.kind === 'enter' && cutover.steps.map((step) => `${step.at} ${step.id}`)).toEqual([
      'gate sync-complete',
      'gate lag-bounded',
      'gate base-certificate',
      // Before the hold: from its end on, S3 would show what Ceph has deleted.
      'settle failover-deny',
      'settle object-events',
      'settle hold-to-target',
      'settle archive-rules-remove',
    ]);
  });

  it('is printed as numbered steps', () => {
    expect(describePlan(plan('cutover', 'retain'))).toBe(
      [
        'Phase cutover → retain:',
        '  1. gate: nobody but us has written to S3 for the quiet period',
        '  2. gate: the pending list is empty, no operation is open, no key is on the failed list',
        '  3. gate: the window for what S3 tells late is over; since then both listings were merged, and no key is wrong',
      ].join('\n'),
    );
    expect(describePlan(plan('none', 'cutover'))).toMatch(
      /^Phase none → cutover will be refused: prepare and copy/,
    );
    expect(describePlan(plan('copy', 'copy'))).toBe(
      'Phase copy: nothing to enter, the move is there already.',
    );
  });
});

describe('what runs in a phase', () => {
  it('stops replay before S3 is expired', () => {
    expect(workersIn('retain')).toContain('replay');
    expect(workersIn('retire')).not.toContain('replay');
  });

  it('captures until the bucket is empty', () => {
    for (const phase of PHASES) expect(workersIn(phase).includes('capture')).toBe(phase !== 'done');
  });

  it('never lets Nginx ask S3 once S3 is being emptied', () => {
    expect(PHASES.map((phase) => originOf(phase))).toEqual([
      's3',
      's3',
      'ceph-then-pending',
      'ceph-then-pending',
      'ceph',
      'ceph',
    ]);
  });
});
