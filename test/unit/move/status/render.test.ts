import { expect, test } from 'vitest';
import { cutoverRefusals, workRefusals, type Status } from '../../../../scripts/move/status/read.ts';
import { bar, renderStatus } from '../../../../scripts/move/status/render.ts';

const NOW = new Date('2026-01-01T00:01:00Z');
const sync = {
  run: 1n,
  state: 'copying' as const,
  shards: 4,
  done: 1,
  objects: 10,
  bytes: 100,
  copied: 8,
  copiedBytes: 2_500_000,
  deleted: 1,
  failed: 0,
  objectsExpected: 40,
  bytesExpected: 400,
  startedAt: NOW,
  endedAt: null,
};
const status = (change: Partial<Status> = {}): Status => ({
  environment: 'local',
  move: { phase: 'copy', entering: null, epoch: 1n, writesGoTo: 'source', cutoverAt: null },
  hold: null,
  lag: { operations: 0, seconds: 0 },
  failures: [],
  conflicts: { total: 0, latest: [] },
  pending: 0,
  unread: [],
  moves: [
    {
      name: 'images',
      sourceBucket: 's3',
      targetBucket: 'ceph',
      sync,
      canarySeconds: 2.4,
      lateEvents: null,
      gaps: [],
      stale: null,
      certificates: { base: { id: 1n, at: new Date('2026-01-01T00:00:00Z'), epoch: 1n, findings: 0 } },
    },
  ],
  next: { phase: 'cutover', refuses: ['one thing'] },
  ...change,
});

test('one screen says where the move is and what is missing', () => {
  expect(renderStatus(status(), NOW).split('\n')).toEqual([
    'phase       copy (epoch 1)',
    'writes go   to S3',
    'hold        none yet',
    'replay      nothing open',
    'failed      0 keys',
    'conflicts   0, bytes kept in quarantine',
    'pending     0 keys are on S3 alone',
    '',
    'images: s3 → ceph',
    '  sync      [######------------------] 25 % 10 of about 40 objects, 8 copied (2.5 MB), 1 deleted, 0 failed',
    '  canary    2 s ago',
    '  base        certificate clean, 60 s old, epoch 1',
    '',
    'next        cutover; its gate would still refuse:',
    '  - one thing',
  ]);
});

test('gaps in capture are shown, and that the base certificate is stale', () => {
  const [move] = status().moves;
  if (move === undefined) throw new Error('there is one');
  const at = (minute: string) => new Date(`2026-01-01T00:${minute}:00Z`);
  const gap = { id: 1n, move: 'images', why: 'our entry was missing' };
  const gaps = [
    { ...gap, beganAt: at('02'), endedAt: null },
    { ...gap, beganAt: at('00'), endedAt: at('01') },
  ];
  const shown = renderStatus(status({ moves: [{ ...move, gaps }] }), NOW).split('\n');
  expect(shown.slice(10, 13)).toEqual([
    '  canary    2 s ago',
    '  gap       in capture from 2026-01-01T00:02:00.000Z until NOW: events may be lost (our entry was missing)',
    '  gap       in capture from 2026-01-01T00:00:00.000Z until 2026-01-01T00:01:00.000Z (our entry was missing)',
  ]);
  const bounds = { lagSeconds: 60 } as never;
  const stale = status({ moves: [{ ...move, sync: { ...sync, state: 'done' }, stale: 'it is old' }] });
  expect(cutoverRefusals({ bounds }, stale)).toEqual([
    'both listings of images must be merged again: it is old',
  ]);
});

test('a hold that makes writes wait is the first thing seen', () => {
  const hold = {
    id: 1n,
    direction: 'to-target' as const,
    state: 'holding' as const,
    startedAt: NOW,
    limitSeconds: 8,
    turnedAt: null,
    endedAt: null,
    reason: null,
    ageSeconds: 1.25,
    detail: {},
  };
  expect(renderStatus(status({ hold }), NOW)).toContain('WRITES WAIT, for 1.3 s of at most 8 s (to Ceph)');
  const off = { ...hold, state: 'called-off' as const, reason: 'too slow' };
  expect(renderStatus(status({ hold: off }), NOW)).toContain('called off (to Ceph): too slow');
});

test('the bar stays within its width', () => {
  expect(bar(0)).toBe('[------------------------] 0 %');
  expect(bar(1)).toBe('[########################] 100 %');
  expect(bar(2)).toHaveLength(bar(1).length);
});

test('what the gates of cutover and retain would refuse', () => {
  const bounds = { lagSeconds: 10 } as never;
  const clean = status({
    moves: [{ ...(status().moves[0] as never as Status['moves'][0]), sync: { ...sync, state: 'done' } }],
  });
  expect(cutoverRefusals({ bounds }, clean)).toEqual([]);
  expect(cutoverRefusals({ bounds }, { ...status(), lag: { operations: 3, seconds: 11 } })).toEqual([
    'the bulk copy of images is not complete (1 of 4 shards)',
    'replay is 11.0 s behind; the bound is 10 s',
  ]);
  expect(workRefusals({ pending: 1, lag: { operations: 2, seconds: 0 }, failures: [] })).toEqual([
    '1 keys are on S3 alone: migrate pending list',
    '2 operations of S3 are not handled yet',
  ]);
});

test('after the turn it says until when late events are applied, and how many were', () => {
  const [move] = status().moves;
  const eventsBefore = new Date('2026-01-01T00:00:00Z');
  const shown = (receivedUntil: Date, open: number) => {
    const moves = [{ ...move!, lateEvents: { eventsBefore, receivedUntil, applied: 2, open } }];
    return renderStatus(status({ moves }), NOW)
      .split('\n')
      .find((line) => line.startsWith('  pre-hold'));
  };
  expect(shown(new Date('2026-01-01T00:15:00Z'), 1)).toBe(
    '  pre-hold  what S3 tells late: applied until 2026-01-01T00:15:00.000Z; 2 applied, 1 open',
  );
  expect(shown(NOW, 0)).toBe(
    '  pre-hold  what S3 tells late: the window ended at 2026-01-01T00:01:00.000Z; 2 applied',
  );
});
