import { expect, test } from 'vitest';
import { describeTotal } from '../../../scripts/cli/standalone/dry-run.ts';

const total = { move: 'photos', equal: 10, copies: 2, copyBytes: 1_000_000, deletes: 12 };
const plan =
  'photos: would copy 2 objects (1.0 MB) and delete 12 at the target; 10 are equal. Nothing was written.';

test('a dry run says what would be done', () => {
  expect(describeTotal(total)).toBe(plan);
});

test('a dry run says that sync would refuse to delete so much', () => {
  const deletes = 13;
  expect(describeTotal({ ...total, deletes })).toBe(
    `${plan.replace('12', '13')} Sync would refuse that: 12 may go from a source of 12 objects, but for what events name (--delete-at-most N).`,
  );
});
