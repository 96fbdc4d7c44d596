import { describe, expect, test } from 'vitest';
import { cacheTierFindings, overlapFindings } from '../../../../scripts/move/preflight/source-aws.ts';
import { EVENT_BRIDGE, notificationEntry } from '../../../../scripts/store/documents.ts';
import { exampleEnvironment } from '../../../support/example-environment.ts';

const move = { name: 'images', events: 'notification' as const };
const entry = (id: string, ...events: string[]) =>
  notificationEntry({ id, kind: 'queue', arn: 'arn:q', events });

describe("the customer's notifications", () => {
  test('that overlap ours block, with the way out', () => {
    const entries = [
      entry('thumbnails', 's3:ObjectCreated:Put'),
      entry('audit', 's3:ReducedRedundancyLostObject', 's3:ObjectAcl:Put'),
      entry('lost', 's3:ReducedRedundancyLostObject'),
    ];
    expect(overlapFindings('source images', move, entries)).toEqual([
      {
        severity: 'blocking',
        about: 'source images',
        message:
          "notifications of the bucket's own (thumbnails, audit) are for events that capture needs, and S3 refuses two for the same: " +
          'set "events: eventbridge" for images in storage:buckets',
      },
    ]);
  });

  test('do not where ours comes by EventBridge, nor does our own, nor EventBridge itself', () => {
    const theirs = entry('thumbnails', 's3:ObjectCreated:*');
    expect(overlapFindings('source images', { ...move, events: 'eventbridge' }, [theirs])).toEqual([]);
    const ours = entry('storage-migration-images', 's3:ObjectCreated:*');
    expect(overlapFindings('source images', move, [ours, EVENT_BRIDGE])).toEqual([]);
  });
});

describe('the cache tier', () => {
  const environment = exampleEnvironment();
  const onAws = { cacheTier: { ...environment.cacheTier, sourceVpcEndpoint: 'vpce-1' } };
  const images = { sourceBucket: 'food', targetCluster: 'images' };

  test('cannot read what a key of KMS encrypts', () => {
    const findings = cacheTierFindings('source images', onAws, images, ['AES256', 'aws:kms', 'aws:kms:dsse']);
    expect(findings).toMatchObject([{ severity: 'blocking' }]);
    expect(findings[0]?.message).toMatch(/^2 of the objects looked at .* SSE-S3 first$/);
  });

  test('shows all else to everybody, which is said', () => {
    expect(cacheTierFindings('source images', onAws, images, ['AES256'])).toMatchObject([
      {
        severity: 'warning',
        message: expect.stringMatching(/^whatever food holds will be readable/) as string,
      },
    ]);
  });

  test('reads no other buckets, and locally no bucket so', () => {
    const metadata = { sourceBucket: 'food', targetCluster: 'metadata' };
    expect(cacheTierFindings('source metadata', onAws, metadata, ['aws:kms'])).toEqual([]);
    expect(cacheTierFindings('source images', environment, images, ['aws:kms'])).toEqual([]);
  });
});
