import { expect, test } from 'vitest';
import { readNotification } from '../../../scripts/move/capture/event.ts';
import type { NewOperation } from '../../../scripts/ledger/operations.ts';
import { asAmazonWrites, withoutFolder } from '../../../scripts/cli/standalone/receive.ts';

const rules = { moves: [{ name: 'photos', sourceBucket: 'photos' }], ownPrincipals: [] };

test("a notification of MinIO is read as Amazon's is: its keys are form-encoded", () => {
  const record = {
    eventVersion: '2.0',
    eventSource: 'minio:s3',
    eventTime: '2026-01-02T03:04:05.678Z',
    eventName: 's3:ObjectCreated:Put',
    userIdentity: { principalId: 'someone' },
    s3: {
      bucket: { name: 'photos' },
      object: { key: '2024%2Fmy+summer%282024%29.jpg', size: 7, eTag: 'e', sequencer: '17C1A1E5C1A1E5C1' },
    },
  };
  const document = { EventName: 's3:ObjectCreated:Put', Key: 'photos/2024', Records: [record] };
  expect(readNotification(asAmazonWrites(document), rules).operations).toMatchObject([
    {
      move: 'photos',
      key: '2024/my summer(2024).jpg',
      kind: 'put',
      eventSource: 'aws:s3',
      size: 7,
      etag: 'e',
    },
  ]);
  // Everybody else's stay what they are, and what is none is refused where it is read.
  const ceph = { Records: [{ eventSource: 'ceph:s3' }, null] };
  expect(asAmazonWrites(ceph)).toEqual(ceph);
  for (const other of [null, 'text', { Event: 's3:TestEvent' }]) expect(asAmazonWrites(other)).toBe(other);
});

test('only what happened in the folder counts, named without it', () => {
  const operations = ['img/a', 'img/', 'img10/b', 'img/.migration/canary', 'img/img/a', 'top'].map(
    (key) => ({ key }) as NewOperation,
  );
  expect(withoutFolder(operations, 'img/').map(({ key }) => key)).toEqual(['a', 'img/a']);
  expect(withoutFolder(operations, '').map(({ key }) => key)).toEqual(operations.map(({ key }) => key));
});
