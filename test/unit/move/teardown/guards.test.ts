import { expect, test } from 'vitest';
import { evaluateGuards, type RetireFacts } from '../../../../scripts/move/teardown/guards.ts';

const facts = (change: Partial<RetireFacts> = {}): RetireFacts => ({
  now: new Date('2026-01-16T00:00:00Z'),
  phase: 'retain',
  writesGoTo: 'target',
  epoch: 2n,
  cutoverAt: new Date('2026-01-01T00:00:00Z'),
  keepDays: 15,
  quietSeconds: 60,
  secondsSinceWrite: 60,
  reads: { count: 0, seconds: 3 },
  openOperations: 0,
  failedKeys: 0,
  pendingKeys: 0,
  waived: [],
  certificates: [
    {
      move: 'images',
      taken: { at: new Date('2026-01-15T00:00:00Z'), epoch: 2n, findings: 0, operationsSince: 0 },
    },
  ],
  ...change,
});
const certificate = (change: object) => ({
  certificates: [{ move: 'images', taken: { ...facts().certificates[0]?.taken, ...change } as never }],
});

test('all hold at the very second that the days are over', () => {
  expect(evaluateGuards(facts())).toEqual([]);
  expect(evaluateGuards(facts({ phase: 'retire', secondsSinceWrite: null, reads: 'not asked' }))).toEqual([]);
});

test.each([
  ['phase', { phase: 'cutover' }, 'the move is in cutover; S3 is emptied only after retain'],
  ['phase', { writesGoTo: 'source' }, 'the applications still write to S3'],
  [
    'days',
    { now: new Date('2026-01-15T00:00:00Z') },
    'S3 is kept for 15 days after the cutover, until 2026-01-16T00:00:00.000Z: 1.00 days are left',
  ],
  ['days', { now: new Date('2026-01-15T23:59:59Z') }, '0.00 days are left'],
  ['quiet', { secondsSinceWrite: 59.9 }, 'somebody wrote to S3 59.9 s ago; it must have been quiet for 60 s'],
  ['reads', { reads: { count: 2, seconds: 3 } }, 'somebody sent 2 reads to S3 within 3 s'],
  [
    'reads',
    { reads: 'unknown' },
    'nothing here tells whether somebody still reads S3, and who does would fail once it is emptied. ' +
      "Look at the buckets' request metrics of the last 24 hours (GetRequests, ListRequests), and say for each move that you did: " +
      'migrate verify waive --move NAME --key .migration/reads --reason TEXT --by PERSON',
  ],
  ['open operations', { openOperations: 1 }, '1 operations of S3 are not handled yet'],
  ['failed keys', { failedKeys: 1 }, '1 keys are on the failed list'],
  ['pending list', { pendingKeys: 1 }, '1 keys are still on S3 alone'],
  [
    'waived objects',
    { waived: [{ move: 'images', key: 'a' }] },
    '1 waived objects are still on S3 ("a" of images) and are never expired',
  ],
  [
    'certificate',
    { certificates: [{ move: 'images', taken: null }] },
    'there is no containment certificate for images',
  ],
  ['certificate', certificate({ epoch: 1n }), 'is stale: it is of epoch 1, the move is in 2'],
  ['certificate', certificate({ operationsSince: 1 }), 'is stale: S3 was changed 1 times since'],
  ['certificate', certificate({ findings: 3 }), 'has 3 findings'],
])('the guard "%s" refuses: %o', (guard, change, message) => {
  const missing = evaluateGuards(facts(change as Partial<RetireFacts>));
  expect(missing.map((each) => each.guard)).toEqual([guard]);
  expect(missing[0]?.message).toContain(message);
});

test('everything that is missing is said at once', () => {
  const missing = evaluateGuards(
    facts({
      phase: 'copy',
      writesGoTo: 'source',
      openOperations: 1,
      pendingKeys: 1,
      certificates: [{ move: 'images', taken: null }],
    }),
  );
  expect(missing.map(({ guard }) => guard)).toEqual([
    'phase',
    'open operations',
    'pending list',
    'certificate',
  ]);
});
