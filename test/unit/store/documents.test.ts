import { describe, expect, it } from 'vitest';
import {
  EVENT_BRIDGE,
  isEventBridge,
  lifecycleDialect,
  lifecycleDocument,
  lifecycleEntries,
  lifecycleEntry,
  mergeEntries,
  notificationDocument,
  notificationEntries,
  notificationEntry,
  withoutEntries,
} from '../../../scripts/store/documents.ts';

const THEIRS =
  '<TopicConfiguration><Id>theirs</Id><Topic>arn:aws:sns:default::t</Topic><Filter><S3Metadata><FilterRule>' +
  '<Name>x-amz-meta-a</Name><Value>b</Value></FilterRule></S3Metadata></Filter><Event>s3:ObjectCreated:*</Event></TopicConfiguration>';

describe('notifications', () => {
  it('are cut out as the text that they are', () => {
    const document = `<?xml version="1.0"?><NotificationConfiguration xmlns="x">\n ${THEIRS}<EventBridgeConfiguration/></NotificationConfiguration>`;
    expect(notificationEntries(document)).toEqual([
      { id: 'theirs', text: THEIRS },
      { id: undefined, text: '<EventBridgeConfiguration/>' },
    ]);
  });

  it('of ours are beside theirs', () => {
    const ours = notificationEntry({
      id: 'ours',
      kind: 'queue',
      arn: 'arn:q',
      events: ['s3:ObjectRemoved:*'],
    });
    expect(ours.text).toBe(
      '<QueueConfiguration><Id>ours</Id><Queue>arn:q</Queue><Event>s3:ObjectRemoved:*</Event></QueueConfiguration>',
    );
    const older = { id: 'ours', text: 'older' };
    const theirs = { id: 'theirs', text: THEIRS };
    const nameless = { id: undefined, text: '<EventBridgeConfiguration/>' };
    expect(mergeEntries([older, nameless, theirs], [ours])).toEqual([nameless, theirs, ours]);
    expect(withoutEntries([nameless, theirs, ours], ['ours'])).toEqual([nameless, theirs]);
  });
});

describe('EventBridge', () => {
  it('is an entry without an id, and comes last', () => {
    expect(isEventBridge(EVENT_BRIDGE)).toBe(true);
    expect(
      isEventBridge({ id: undefined, text: '<EventBridgeConfiguration></EventBridgeConfiguration>' }),
    ).toBe(true);
    expect(isEventBridge({ id: 'theirs', text: THEIRS })).toBe(false);
    const queue = notificationEntry({ id: 'q', kind: 'queue', arn: 'arn:q', events: [] });
    const document = notificationDocument([EVENT_BRIDGE, queue, { id: 'theirs', text: THEIRS }]);
    expect(notificationEntries(document).map(({ text }) => text)).toEqual([
      THEIRS,
      queue.text,
      EVENT_BRIDGE.text,
    ]);
  });
});

describe('lifecycle', () => {
  it('keeps their rules and adds ours', () => {
    const rule =
      '<Rule><ID>a &amp; b</ID><Prefix>in/</Prefix><Status>Enabled</Status><Expiration><Days>30</Days></Expiration></Rule>';
    const entries = lifecycleEntries(`<LifecycleConfiguration>${rule}</LifecycleConfiguration>`);
    expect(entries).toEqual([{ id: 'a & b', text: rule }]);
    const ours = lifecycleEntry({
      id: 'ours',
      date: new Date('2020-01-01'),
      noncurrentDays: 1,
      abortUploadDays: 2,
    });
    expect(lifecycleDocument(mergeEntries(entries, [ours]))).toBe(
      `<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rule}` +
        '<Rule><ID>ours</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>' +
        '<Expiration><Date>2020-01-01T00:00:00.000Z</Date></Expiration>' +
        '<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>' +
        '<AbortIncompleteMultipartUpload><DaysAfterInitiation>2</DaysAfterInitiation></AbortIncompleteMultipartUpload>' +
        '</Rule></LifecycleConfiguration>',
    );
  });

  it('moves objects below a prefix to another class', () => {
    const rule = { id: 'ours', prefix: 'a&b/', transition: { days: 30, storageClass: 'GLACIER_IR' } };
    expect(lifecycleEntry(rule).text).toBe(
      '<Rule><ID>ours</ID><Filter><Prefix>a&#38;b/</Prefix></Filter><Status>Enabled</Status>' +
        '<Transition><Days>30</Days><StorageClass>GLACIER_IR</StorageClass></Transition></Rule>',
    );
  });

  it('is written like the rules that are there: S3 refuses a document that says its prefixes in two ways', () => {
    const old =
      '<Rule><ID>o</ID><Prefix>in/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>';
    const entries = lifecycleEntries(`<LifecycleConfiguration>${old}</LifecycleConfiguration>`);
    expect(lifecycleDialect(entries)).toBe('prefix');
    expect(lifecycleEntry({ id: 'ours', days: 1 }, lifecycleDialect(entries)).text).toBe(
      '<Rule><ID>ours</ID><Prefix></Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>',
    );
    expect(lifecycleDialect([])).toBe('filter');
    expect(lifecycleDialect([lifecycleEntry({ id: 'ours', days: 1 })])).toBe('filter');
  });
});
