import { escapeXml, parseXml, textOf } from './xml.ts';

/**
 * A bucket's documents as text. They carry the customer's own entries, so they are cut at the entries
 * and put together again, never parsed into a model and written anew: a model (the SDK's too) drops what
 * it does not know, such as RGW's filters by metadata and tags.
 */

export type PolicyStatement = { Sid: string; [member: string]: unknown };
export type Policy = { Version?: string; Statement: (Record<string, unknown> & { Sid?: string })[] };

/** One expiry rule of ours, over the whole bucket. Days are whole days as S3 counts them. */
export type ExpiryRule = {
  id: string;
  /** Expires every object at this moment; midnight UTC, as S3 demands. */
  date?: Date;
  days?: number;
  /** Expires versions so long after they stopped being the latest. */
  noncurrentDays?: number;
  /** Removes delete markers that nothing is left under. Not together with `date` or `days`. */
  expiredObjectDeleteMarker?: boolean;
  /** Aborts multipart uploads so long after they began. */
  abortUploadDays?: number;
};

/** One notification of ours. */
export type NotificationEntry = {
  id: string;
  /** `topic` on RGW and for SNS, `queue` for SQS. */
  kind: 'topic' | 'queue';
  arn: string;
  /** For example `s3:ObjectCreated:*`. */
  events: string[];
};

export type Entry = { id: string | undefined; text: string };

const LIFECYCLE_ENTRIES = ['Rule'];
const NOTIFICATION_ENTRIES = [
  'TopicConfiguration',
  'QueueConfiguration',
  'CloudFunctionConfiguration',
  'LambdaFunctionConfiguration',
  'EventBridgeConfiguration',
];

/** The entries of a lifecycle document, each as the text that it is. */
export function lifecycleEntries(document: string): Entry[] {
  return entriesOf(document, LIFECYCLE_ENTRIES, 'ID');
}

/** The entries of a notification document, each as the text that it is. */
export function notificationEntries(document: string): Entry[] {
  return entriesOf(document, NOTIFICATION_ENTRIES, 'Id');
}

function entriesOf(document: string, names: string[], idName: string): Entry[] {
  const pattern = new RegExp(`<(${names.join('|')})(?:\\s[^>]*)?(?:/>|>[\\s\\S]*?</\\1>)`, 'g');
  return [...document.matchAll(pattern)].map(([text, name]) => ({
    id: textOf(parseXml(text, name ?? ''), idName),
    text,
  }));
}

/** The entries with ours put in place of those of the same id, or at the end. */
export function mergeEntries(entries: Entry[], ours: Entry[]): Entry[] {
  const ids = new Set(ours.map((entry) => entry.id));
  return [...entries.filter((entry) => entry.id === undefined || !ids.has(entry.id)), ...ours];
}

export function withoutEntries(entries: Entry[], ids: readonly string[]): Entry[] {
  return entries.filter((entry) => entry.id === undefined || !ids.includes(entry.id));
}

export function lifecycleEntry(rule: ExpiryRule): Entry {
  const expiration = [
    rule.date === undefined ? '' : `<Date>${rule.date.toISOString()}</Date>`,
    rule.days === undefined ? '' : `<Days>${rule.days}</Days>`,
    rule.expiredObjectDeleteMarker === true
      ? '<ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker>'
      : '',
  ].join('');
  const parts = [
    `<ID>${escapeXml(rule.id)}</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>`,
    expiration === '' ? '' : `<Expiration>${expiration}</Expiration>`,
    rule.noncurrentDays === undefined
      ? ''
      : `<NoncurrentVersionExpiration><NoncurrentDays>${rule.noncurrentDays}</NoncurrentDays></NoncurrentVersionExpiration>`,
    rule.abortUploadDays === undefined
      ? ''
      : `<AbortIncompleteMultipartUpload><DaysAfterInitiation>${rule.abortUploadDays}</DaysAfterInitiation></AbortIncompleteMultipartUpload>`,
  ];
  return { id: rule.id, text: `<Rule>${parts.join('')}</Rule>` };
}

export function notificationEntry(entry: NotificationEntry): Entry {
  const [element, target] =
    entry.kind === 'topic' ? ['TopicConfiguration', 'Topic'] : ['QueueConfiguration', 'Queue'];
  const events = entry.events.map((event) => `<Event>${escapeXml(event)}</Event>`).join('');
  const text = `<${element}><Id>${escapeXml(entry.id)}</Id><${target}>${escapeXml(entry.arn)}</${target}>${events}</${element}>`;
  return { id: entry.id, text };
}

export function lifecycleDocument(entries: Entry[]): string {
  return documentOf('LifecycleConfiguration', entries);
}

export function notificationDocument(entries: Entry[]): string {
  return documentOf('NotificationConfiguration', entries);
}

function documentOf(root: string, entries: Entry[]): string {
  const body = entries.map((entry) => entry.text).join('');
  return `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</${root}>`;
}

/** The policy with ours put in place of the statements of the same Sid, or at the end. */
export function mergeStatements(policy: Policy | null, ours: PolicyStatement[]): Policy {
  const sids = ours.map((statement) => statement.Sid);
  const kept = withoutStatements(policy, sids) ?? { Version: '2012-10-17', Statement: [] };
  return { ...kept, Statement: [...kept.Statement, ...ours] };
}

/** The policy without these statements; null when none is left. */
export function withoutStatements(policy: Policy | null, sids: readonly string[]): Policy | null {
  if (policy === null) {
    return null;
  }
  // AWS allows one statement without the brackets.
  const all = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  const kept = all.filter((statement) => statement.Sid === undefined || !sids.includes(statement.Sid));
  return kept.length === 0 ? null : { ...policy, Statement: kept };
}
