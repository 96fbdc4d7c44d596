import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readNotification } from '../../../../scripts/move/capture/event.ts';
import { kindOf } from '../../../../scripts/contract/event-names.ts';
import { MalformedEvent } from '../../../../scripts/platform/notifications/records.ts';
import { CANARY_KEY } from '../../../../scripts/contract/names.ts';

const rules = { moves: [{ name: 'images', sourceBucket: 'food-images' }], ownPrincipals: ['migration'] };

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
    expect(readNotification({ Records: [awsRecord({ key: 'a+b%2Bc%25/%C3%BC%0A.jpg' })] }, rules)).toEqual([
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
    expect(readNotification({ Records: [cephRecord()] }, rules)).toEqual([
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
    expect(readNotification(bridgeEvent(), rules)).toEqual([
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
    const [operation] = readNotification(bridgeEvent({ detailType, detail }), rules);
    expect(operation).toMatchObject({ eventName, kind });
  });

  test('the canary is one by EventBridge too', () => {
    expect(readNotification(bridgeEvent({ key: CANARY_KEY }), rules)).toMatchObject([
      { kind: 'canary', etag: 'b1946ac92492d2347c6235b4d2611184' },
    ]);
  });

  test('any key survives, form-encoded by Amazon and raw by Ceph', () => {
    const anyKey = fc.string({ unit: 'binary', minLength: 1 }).filter((key) => !key.includes('\0'));
    fc.assert(
      fc.property(anyKey, (key) => {
        fc.pre(!key.startsWith('.migration/'));
        expect(readNotification(bridgeEvent({ key }), rules)[0]?.key).toBe(key);
        const aws = awsRecord({ key: encodeURIComponent(key).replaceAll('%20', '+') });
        expect(readNotification({ Records: [aws, cephRecord({ key })] }, rules).map((o) => o.key)).toEqual([
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
    const [operation] = readNotification({ Records: [cephRecord({ eventName: `s3:${eventName}` })] }, rules);
    expect(operation).toMatchObject({ eventName, kind });
  });

  test('an event without a sequencer, an ETag or a principal is one all the same', () => {
    const bare = {
      eventSource: 'aws:s3',
      eventName: 'ObjectRemoved:Delete',
      s3: { bucket: { name: 'food-images' }, object: { key: 'x' } },
    };
    expect(readNotification({ Records: [bare] }, rules)).toMatchObject([{ key: 'x', kind: 'delete' }]);
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
    expect(readNotification(hello, rules)).toEqual([]);
  });

  test("our own principal's writes, the canary's excepted", () => {
    const Records = [
      cephRecord({ principalId: 'migration' }),
      cephRecord({ principalId: 'migration', key: CANARY_KEY }),
      cephRecord({ principalId: 'migration-of-somebody-else' }),
    ];
    expect(readNotification({ Records }, rules).map(({ kind }) => kind)).toEqual(['canary', 'put']);
  });

  test('a role is known by its unique id, whatever its session is called', () => {
    const own = { ...rules, ownPrincipals: ['AROADBQP57FF2AEXAMPLE'] };
    const by = (principalId: string) =>
      readNotification({ Records: [awsRecord({ principalId })] }, own).map(({ kind }) => kind);
    expect(by('AWS:AROADBQP57FF2AEXAMPLE:eks-storage-sync-7d1')).toEqual([]);
    expect(by('AWS:AROADBQP57FF2AEXAMPLE2:session')).toEqual(['put']);
    expect(by('AWS:AIDAEXAMPLE:AROADBQP57FF2AEXAMPLE')).toEqual(['put']);
  });

  test("what of EventBridge happens in the migration's own corner, for it tells no principal", () => {
    expect(readNotification(bridgeEvent({ key: '.migration/write-probe' }), rules)).toEqual([]);
  });

  test("what else happens in the migration's own corner", () => {
    const Records = [
      cephRecord({ key: '.migration/other' }),
      cephRecord({ key: CANARY_KEY, eventName: 'ObjectRemoved:Delete' }),
    ];
    expect(readNotification({ Records }, rules)).toEqual([]);
    expect(readNotification({ Records: [cephRecord({ key: '.migrations/x' })] }, rules)).toHaveLength(1);
  });
});

describe('what is refused, so that its sender keeps it', () => {
  test.each<[string, unknown, RegExp]>([
    ['no records', {}, /neither "Records", nor an event of EventBridge, nor a test event/],
    ['nothing', null, /neither "Records", nor an event of EventBridge, nor a test event/],
    ['another source', { Records: [{ ...cephRecord(), eventSource: 'minio:s3' }] }, /record 0: eventSource/],
    ['EventBridge of another source', { ...bridgeEvent(), source: 'aws.ec2' }, /event: source/],
    ['EventBridge without a key', bridgeEvent({ key: '' }), /event: detail\.object\.key/],
    ['a NUL by EventBridge', bridgeEvent({ key: 'a\0b' }), /NUL/],
    ['no key', { Records: [cephRecord(), cephRecord({ key: '' })] }, /record 1: s3\.object\.key/],
    [
      'a key that is not form-encoded',
      { Records: [awsRecord({ key: '100%' })] },
      /"100%" is not form-encoded/,
    ],
    ['a NUL in a key of Ceph', { Records: [cephRecord({ key: 'a\0b' })] }, /NUL/],
    ['a NUL in a key of Amazon', { Records: [awsRecord({ key: 'a%00b' })] }, /NUL/],
    ['a NUL elsewhere', { Records: [cephRecord({ principalId: '\0' })] }, /principalId: holds a NUL/],
    [
      'a bucket that does not move',
      { Records: [awsRecord({ bucket: 'other' })] },
      /bucket "other" is not one/,
    ],
  ])('%s', (_, document, message) => {
    expect(() => readNotification(document, rules)).toThrow(MalformedEvent);
    expect(() => readNotification(document, rules)).toThrow(message);
  });
});
