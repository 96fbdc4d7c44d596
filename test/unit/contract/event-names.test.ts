import { expect, test } from 'vitest';
import { eventsOverlap } from '../../../scripts/contract/event-names.ts';

test.each([
  ['s3:ObjectCreated:*', 's3:ObjectCreated:Put', true],
  ['s3:ObjectTagging:Put', 's3:ObjectTagging:*', true],
  ['s3:ObjectAcl:Put', 's3:ObjectAcl:Put', true],
  ['s3:ObjectCreated:*', 's3:ObjectCreated:*', true],
  ['s3:ObjectCreated:Put', 's3:ObjectCreated:Post', false],
  ['s3:ObjectCreated:*', 's3:ObjectRemoved:*', false],
  ['s3:ReducedRedundancyLostObject', 's3:ObjectRemoved:*', false],
])('%s and %s overlap: %s', (a, b, overlap) => {
  expect(eventsOverlap(a, b)).toBe(overlap);
});
