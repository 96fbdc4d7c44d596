import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNotification } from '../../../../scripts/move/capture/event.ts';
import { kindOf } from '../../../../scripts/contract/event-names.ts';
import { CANARY_KEY } from '../../../../scripts/contract/names.ts';

const rules = { moves: [{ name: 'images', sourceBucket: 'food-images' }], ownPrincipals: ['migration'] };

const operationsOf = (document: unknown, given = rules) => readNotification(document, given).operations;

/** As Amazon documents it, cut to what matters. */
function awsRecord(
  overrides: { key?: string; eventName?: string; principalId?: string; bucket?: string } = {},
) {
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: 'us-west-2',
    eventTime: '1970-01-01T00:00:00.000Z',
    eventName: overrides.eventName ?? 'ObjectCreated:Put',
    userIdentity: { principalId: overrides.principalId ?? 'AIDAJDPLRKLG7UEXAMPLE' },
    requestParameters: { sourceIPAddress: '127.0.0.1' },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'testConfigRule',
      bucket: { name: overrides.bucket ?? 'food-images', arn: 'arn:aws:s3:::food-images' },
      object: {
        key: overrides.key ?? 'HappyFace.jpg',
        size: 1024,
        eTag: 'd41d8cd98f00b204e9800998ecf8427e',
        versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
        sequencer: '0055AED6DCD90281E5',
      },
    },
  };
}

/** As RGW 16.2.15 sends it, captured. */
function cephRecord(overrides: { key?: string; eventName?: string; principalId?: string } = {}) {
  return {
    eventVersion: '2.2',
    eventSource: 'ceph:s3',
    awsRegion: '',
    eventTime: '2026-11-21T10:16:50.798896Z',
    eventName: overrides.eventName ?? 'ObjectCreated:Put',
    userIdentity: { principalId: overrides.principalId ?? 'applications' },
    s3: {
      bucket: { name: 'food-images', id: '06b8674b-671a-44b4-bb7b-7042e2d8ee10.4124.1' },
      object: {
        key: overrides.key ?? 'a b+ü/1.jpg',
        size: 6,
        eTag: 'c7cdf1b7f9f5a0f3595ff484b006f74e',
        versionId: '',
        sequencer: '926F016B3E40CC2F',
        metadata: [],
        tags: [],
      },
    },
    eventId: '1795256210.801914.c7cdf1b7f9f5a0f3595ff484b006f74e',
    opaqueData: '',
  };
}

/** As Amazon documents it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function bridgeEvent(overrides: { detailType?: string; detail?: object; key?: string } = {}) {
  return {
    version: '0',
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': overrides.detailType ?? 'Object Created',
    source: 'aws.s3',
    account: '111122223333',
    time: '2021-11-12T00:00:00Z',
    region: 'ca-central-1',
    resources: ['arn:aws:s3:::food-images'],
    detail: {
      version: '0',
      bucket: { name: 'food-images' },
      object: {
        key: overrides.key ?? 'a b+%41ü.jpg',
        size: 5,
        etag: 'b1946ac92492d2347c6235b4d2611184',
        'version-id': 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        sequencer: '617f08299329d189',
      },
      'request-id': 'N4N7GDK58NMKJ12R',
      requester: '123456789012',
      'source-ip-address': '1.2.3.4',
      reason: 'PutObject',
      ...overrides.detail,
    },
  };
}

describe('a record becomes an operation', () => {
  test("Amazon's", () => {
    expect(operationsOf({ Records: [awsRecord({ key: 'a+b%2Bc%25/%C3%BC%0A.jpg' })] }, rules)).toEqual([
      {
        move: 'images',
        key: 'a b+c%/ü\n.jpg',
        kind: 'put',
        eventName: 'ObjectCreated:Put',
        eventSource: 'aws:s3',
        sequencer: '0055AED6DCD90281E5'.padEnd(48, '0'),
        versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
        etag: 'd41d8cd98f00b204e9800998ecf8427e',
        size: 1024,
        principal: 'AIDAJDPLRKLG7UEXAMPLE',
        eventTime: new Date(0),
      },
    ]);
  });

  test("Ceph's", () => {
    expect(operationsOf({ Records: [cephRecord()] }, rules)).toEqual([
      {
        move: 'images',
        key: 'a b+ü/1.jpg',
        kind: 'put',
        eventName: 'ObjectCreated:Put',
        eventSource: 'ceph:s3',
        sequencer: '6B016F922FCC403E',
        versionId: undefined,
        etag: 'c7cdf1b7f9f5a0f3595ff484b006f74e',
        size: 6,
        principal: 'applications',
        eventTime: new Date('2026-11-21T10:16:50.798Z'),
      },
    ]);
  });

  test("EventBridge's, whose keys are not encoded", () => {
    expect(operationsOf(bridgeEvent(), rules)).toEqual([
      {
        move: 'images',
        key: 'a b+%41ü.jpg',
        kind: 'put',
        eventName: 'ObjectCreated:Put',
        eventSource: 'aws:s3',
        sequencer: '617F08299329D189'.padEnd(48, '0'),
        versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
        etag: 'b1946ac92492d2347c6235b4d2611184',
        size: 5,
        principal: '123456789012',
        eventTime: new Date('2021-11-12T00:00:00Z'),
      },
    ]);
  });

  test.each([
    ['Object Created', { reason: 'CompleteMultipartUpload' }, 'ObjectCreated:CompleteMultipartUpload', 'put'],
    ['Object Created', { reason: 'POST Object' }, 'ObjectCreated:Post', 'put'],
    ['Object Created', { reason: 'NewCall' }, 'ObjectCreated:NewCall', 'put'],
    [
      'Object Deleted',
      { reason: 'DeleteObject', 'deletion-type': 'Permanently Deleted' },
      'ObjectRemoved:Delete',
      'delete',
    ],
    [
      'Object Deleted',
      { reason: 'DeleteObject', 'deletion-type': 'Delete Marker Created' },
      'ObjectRemoved:DeleteMarkerCreated',
      'delete',
    ],
    [
      'Object Deleted',
      { reason: 'Lifecycle Expiration', 'deletion-type': 'Delete Marker Created' },
      'LifecycleExpiration:DeleteMarkerCreated',
      'expire',
    ],
    ['Object Tags Added', {}, 'ObjectTagging:Put', 'put'],
    ['Object ACL Updated', {}, 'ObjectAcl:Put', 'put'],
    ['Object Something New', {}, 'ObjectSomethingNew', 'put'],
  ])('of EventBridge %s, %o is %s', (detailType, detail, eventName, kind) => {
    const [operation] = operationsOf(bridgeEvent({ detailType, detail }), rules);
    expect(operation).toMatchObject({ eventName, kind });
  });

  test('the canary is one by EventBridge too', () => {
    expect(operationsOf(bridgeEvent({ key: CANARY_KEY }), rules)).toMatchObject([
      { kind: 'canary', etag: 'b1946ac92492d2347c6235b4d2611184' },
    ]);
  });

  test('any key survives, form-encoded by Amazon and raw by Ceph', () => {
    const anyKey = fc.string({ unit: 'binary', minLength: 1 }).filter((key) => !key.includes('\0'));
    fc.assert(
      fc.property(anyKey, (key) => {
        fc.pre(!key.startsWith('.migration/'));
        expect(operationsOf(bridgeEvent({ key }), rules)[0]?.key).toBe(key);
        const aws = awsRecord({ key: encodeURIComponent(key).replaceAll('%20', '+') });
        expect(operationsOf({ Records: [aws, cephRecord({ key })] }, rules).map((o) => o.key)).toEqual([
          key,
          key,
        ]);
      }),
    );
  });

  test.each([
    ['ObjectCreated:CompleteMultipartUpload', 'put'],
    ['ObjectRemoved:Delete', 'delete'],
    ['ObjectRemoved:DeleteMarkerCreated', 'delete'],
    ['LifecycleExpiration:Delete', 'expire'],
    ['LifecycleExpiration:DeleteMarkerCreated', 'expire'],
    ['ObjectLifecycle:Expiration:Current', 'expire'],
    ['ObjectLifecycle:Transition:Current', 'put'],
    ['LifecycleTransition', 'put'],
    ['ObjectRestore:Completed', 'put'],
    ['ObjectTagging:Delete', 'put'],
    ['ObjectAcl:Put', 'put'],
    ['SomethingNew:In2031', 'put'],
  ])('%s is read as %s', (eventName, kind) => {
    expect(kindOf(eventName)).toBe(kind);
    const [operation] = operationsOf({ Records: [cephRecord({ eventName: `s3:${eventName}` })] }, rules);
    expect(operation).toMatchObject({ eventName, kind });
  });

  test('an event without a sequencer, an ETag or a principal is one all the same', () => {
    const bare = {
      eventSource: 'aws:s3',
      eventName: 'ObjectRemoved:Delete',
      s3: { bucket: { name: 'food-images' }, object: { key: 'x' } },
    };
    expect(operationsOf({ Records: [bare] }, rules)).toMatchObject([{ key: 'x', kind: 'delete' }]);
  });
});

describe('what is not for the log', () => {
  test('the hello of a new subscription', () => {
    const hello = {
      Service: 'Amazon S3',
      Event: 's3:TestEvent',
      Time: '2014-10-13T15:57:02.089Z',
      Bucket: 'b',
    };
    expect(operationsOf(hello, rules)).toEqual([]);
  });

  test("our own principal's writes, the canary's excepted", () => {
    const Records = [
      cephRecord({ principalId: 'migration' }),
      cephRecord({ principalId: 'migration', key: CANARY_KEY }),
      cephRecord({ principalId: 'migration-of-somebody-else' }),
    ];
    expect(operationsOf({ Records }, rules).map(({ kind }) => kind)).toEqual(['canary', 'put']);
  });

  test('a role is known by its unique id, whatever its session is called', () => {
    const own = { ...rules, ownPrincipals: ['AROADBQP57FF2AEXAMPLE'] };
    const by = (principalId: string) =>
      operationsOf({ Records: [awsRecord({ principalId })] }, own).map(({ kind }) => kind);
    expect(by('AWS:AROADBQP57FF2AEXAMPLE:eks-storage-sync-7d1')).toEqual([]);
    expect(by('AWS:AROADBQP57FF2AEXAMPLE2:session')).toEqual(['put']);
    expect(by('AWS:AIDAEXAMPLE:AROADBQP57FF2AEXAMPLE')).toEqual(['put']);
  });

  test("what of EventBridge happens in the migration's own corner, for it tells no principal", () => {
    expect(operationsOf(bridgeEvent({ key: '.migration/write-probe' }), rules)).toEqual([]);
  });

  test("what else happens in the migration's own corner", () => {
    const Records = [
      cephRecord({ key: '.migration/other' }),
      cephRecord({ key: CANARY_KEY, eventName: 'ObjectRemoved:Delete' }),
    ];
    expect(operationsOf({ Records }, rules)).toEqual([]);
    expect(operationsOf({ Records: [cephRecord({ key: '.migrations/x' })] }, rules)).toHaveLength(1);
  });
});

describe('what is left out and counted, so that the rest is stored', () => {
  const neither = /neither "Records", nor an event of EventBridge, nor a test event/;
  const sns = (Message: string) => ({ Type: 'Notification', TopicArn: 'arn:aws:sns:x:1:t', Message });

  test.each<[string, unknown, 'foreign' | 'malformed', string, RegExp]>([
    ['no records', {}, 'foreign', '', neither],
    ['nothing', null, 'foreign', '', neither],
    ['no JSON', 'hello', 'foreign', '', neither],
    ['SNS asking for a confirmation', { Type: 'SubscriptionConfirmation' }, 'foreign', '', neither],
    ['SNS with a text', sns('hello'), 'foreign', '', neither],
    ['another source', [{ ...cephRecord(), eventSource: 'x:s3' }], 'foreign', 'food-images', /eventSource/],
    ['no record', [null], 'foreign', '', /record 1/],
    [
      'EventBridge of another source',
      { ...bridgeEvent(), source: 'aws.ec2' },
      'foreign',
      'food-images',
      /event: source/,
    ],
    [
      'EventBridge without a key',
      bridgeEvent({ key: '' }),
      'malformed',
      'food-images',
      /detail\.object\.key/,
    ],
    ['a NUL by EventBridge', bridgeEvent({ key: 'a\0b' }), 'malformed', 'food-images', /NUL/],
    ['no key', [cephRecord({ key: '' })], 'malformed', 'food-images', /record 1: s3\.object\.key/],
    [
      'a key that is not form-encoded',
      [awsRecord({ key: '100%' })],
      'malformed',
      'food-images',
      /"100%" is not form-encoded/,
    ],
    ['a NUL in a key of Ceph', [cephRecord({ key: 'a\0b' })], 'malformed', 'food-images', /NUL/],
    ['a NUL in a key of Amazon', [awsRecord({ key: 'a%00b' })], 'malformed', 'food-images', /NUL/],
    ['a NUL elsewhere', [cephRecord({ principalId: '\0' })], 'malformed', 'food-images', /holds a NUL/],
    [
      'a key that no store can have',
      [cephRecord({ key: 'ü'.repeat(513) })],
      'malformed',
      'food-images',
      /key of 1026 bytes: the most is 1024/,
    ],
    [
      'a bucket that does not move',
      [awsRecord({ bucket: 'other' })],
      'foreign',
      'other',
      /bucket "other" is not one that moves/,
    ],
  ])('%s', (_, given, reason, bucket, detail) => {
    const document = Array.isArray(given) ? { Records: [cephRecord(), ...(given as unknown[])] } : given;
    const { operations, unread } = readNotification(document, rules);
    expect(operations).toHaveLength(Array.isArray(given) ? 1 : 0);
    expect(unread).toMatchObject([{ reason, bucket }]);
    expect(unread[0]?.detail).toMatch(detail);
  });

  test('what is kept of one to be looked at is bounded', () => {
    const { unread } = readNotification({ long: 'x'.repeat(9000) }, rules);
    expect(unread[0]?.sample).toHaveLength(2000);
  });
});

describe('an envelope of SNS is opened', () => {
  const inside = (message: unknown) => ({ Type: 'Notification', Message: JSON.stringify(message) });

  test('around a notification, whose keys are form-encoded', () => {
    const [operation] = operationsOf(inside({ Records: [awsRecord({ key: 'a+b%2B' })] }));
    expect(operation).toMatchObject({ key: 'a b+', kind: 'put' });
  });

  test('around an event of EventBridge, whose keys are raw', () => {
    expect(operationsOf(inside(bridgeEvent({ key: 'a+b%2B' })))).toMatchObject([{ key: 'a+b%2B' }]);
  });

  test('around the hello of a new subscription', () => {
    expect(readNotification(inside({ Event: 's3:TestEvent' }), rules)).toEqual({
      operations: [],
      unread: [],
    });
  });
});
