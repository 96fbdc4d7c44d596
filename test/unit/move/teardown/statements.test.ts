import { expect, test } from 'vitest';
import { denyStatement } from '../../../../scripts/move/teardown/deny.ts';
import { countReads } from '../../../../scripts/move/teardown/reads.ts';
import { EXPIRY_RULES } from '../../../../scripts/move/teardown/rules.ts';

test('the statement denies every change of an object to everybody, and neither reading nor the policy', () => {
  const statement: Record<string, unknown> = denyStatement('b', 'aws');
  const actions = statement['Action'] as string[];
  expect(statement).toMatchObject({
    Sid: 'StorageMigrationDenyWrites',
    Effect: 'Deny',
    Principal: '*',
    Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
  });
  expect(statement['Sid']).toMatch(/^[A-Za-z0-9]+$/);
  expect(actions).toContain('s3:PutObject');
  expect(actions).toContain('s3:DeleteObjectVersion');
  for (const action of actions) {
    expect(action).toMatch(/^s3:(Put|Delete|Abort|Restore|Replicate)/);
    expect(action).not.toMatch(/Bucket|Lifecycle|\*/);
  }
});

test('the rules reach current and older versions, markers and uploads, each on its own', () => {
  expect(EXPIRY_RULES).toEqual([
    { id: '00-storage-migration-expire-current', days: 1 },
    { id: '00-storage-migration-expire-noncurrent', noncurrentDays: 1 },
    { id: '00-storage-migration-expire-markers', expiredObjectDeleteMarker: true },
    { id: '00-storage-migration-expire-uploads', abortUploadDays: 1 },
  ]);
});

test('only reads of our buckets are counted in a usage log; one that knows no such bucket tells nothing', () => {
  const categories = (...list: [string, number][]) => list.map(([category, ops]) => ({ category, ops }));
  const log = {
    entries: [
      {
        buckets: [
          { bucket: 'ours', categories: categories(['get_obj', 3], ['put_obj', 9]) },
          { bucket: 'other', categories: categories(['get_obj', 100]) },
        ],
      },
      { buckets: [{ bucket: 'ours', categories: categories(['list_bucket', 2]) }] },
    ],
  };
  expect(countReads(log, new Set(['ours']))).toBe(5);
  expect(countReads(log, new Set(['third']))).toBeNull();
});
