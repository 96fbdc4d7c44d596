import { describe, expect, it } from 'vitest';
import {
  lifecycleDocument,
  lifecycleEntries,
  lifecycleEntry,
  mergeEntries,
  mergeStatements,
  notificationEntries,
  notificationEntry,
  withoutEntries,
  withoutStatements,
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

  it('of ours stand beside theirs', () => {
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
});

describe('policies', () => {
  const theirs = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };

  it('keep their statements, those without a Sid too', () => {
    const ours = { Sid: 'Ours', Effect: 'Deny' };
    const merged = mergeStatements({ Version: '2008-10-17', Statement: [theirs, { Sid: 'Ours' }] }, [ours]);
    expect(merged).toEqual({ Version: '2008-10-17', Statement: [theirs, ours] });
    expect(withoutStatements(merged, ['Ours'])).toEqual({ Version: '2008-10-17', Statement: [theirs] });
  });

  it('are gone with their last statement', () => {
    expect(withoutStatements(mergeStatements(null, [{ Sid: 'Ours' }]), ['Ours'])).toBeNull();
  });

  it('may have one statement without brackets', () => {
    const policy = { Statement: theirs } as never;
    expect(mergeStatements(policy, [{ Sid: 'Ours' }])).toEqual({ Statement: [theirs, { Sid: 'Ours' }] });
  });
});
