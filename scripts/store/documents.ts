import { childrenOf, escapeXml, parseXml, textOf } from './xml.ts';

/**
 * A bucket's documents as text. They carry the customer's own entries, so they are cut at the entries
 * and put together again, never parsed into a model and written from it: a model (the SDK's too) drops what
 * it does not know, such as RGW's filters by metadata and tags.
 */

/** One lifecycle rule of ours. Days are whole days as S3 counts them. */
export type LifecycleRule = {
  id: string;
  /** Only keys that begin so; default: all of the bucket. */
  prefix?: string;
  /** Moves objects to another class so long after they were written. */
  transition?: { days: number; storageClass: string };
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

/** A rule that empties a bucket: it knows no prefix, so that none can be forgotten. */
export type ExpiryRule = Omit<LifecycleRule, 'prefix' | 'transition'>;

/**
 * How rules say which keys they are for: all of a document must do it in the same way, or S3 refuses it
 * ("Filter element can only be used in Lifecycle V2", cloud-custodian#5826). `prefix` is what was before 2018.
 */
export type LifecycleDialect = 'filter' | 'prefix';

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

/** Whether an entry switches on that the bucket's events go to EventBridge. It has no id. */
export function isEventBridge(entry: Entry): boolean {
  return entry.text.startsWith('<EventBridgeConfiguration');
}

export const EVENT_BRIDGE: Entry = { id: undefined, text: '<EventBridgeConfiguration/>' };

/** The entries with ours put in place of those of the same id, or at the end. */
export function mergeEntries(entries: readonly Entry[], ours: readonly Entry[]): Entry[] {
  const ids = new Set(ours.map((entry) => entry.id));
  return [...entries.filter((entry) => entry.id === undefined || !ids.has(entry.id)), ...ours];
}

export function withoutEntries(entries: readonly Entry[], ids: readonly string[]): Entry[] {
  return entries.filter((entry) => entry.id === undefined || !ids.includes(entry.id));
}

/** The dialect of a document's rules; `filter` where there are none. */
export function lifecycleDialect(entries: readonly Entry[]): LifecycleDialect {
  const old = entries.some(({ text }) => childrenOf(parseXml(text, 'Rule'), 'Filter').length === 0);
  return old ? 'prefix' : 'filter';
}

export function lifecycleEntry(rule: LifecycleRule, dialect: LifecycleDialect = 'filter'): Entry {
  const element = (name: string, ...children: (string | false)[]): string | false => {
    const text = children.filter((child) => child !== false).join('');
    return text !== '' && `<${name}>${text}</${name}>`;
  };
  const optional = (name: string, value: string | number | undefined) =>
    value !== undefined && element(name, escapeXml(String(value)));
  const prefix = `<Prefix>${escapeXml(rule.prefix ?? '')}</Prefix>`;
  const text = element(
    'Rule',
    element('ID', escapeXml(rule.id)),
    dialect === 'filter' ? element('Filter', prefix) : prefix,
    element('Status', 'Enabled'),
    element(
      'Transition',
      optional('Days', rule.transition?.days),
      optional('StorageClass', rule.transition?.storageClass),
    ),
    element(
      'Expiration',
      optional('Date', rule.date?.toISOString()),
      optional('Days', rule.days),
      rule.expiredObjectDeleteMarker === true && element('ExpiredObjectDeleteMarker', 'true'),
    ),
    element('NoncurrentVersionExpiration', optional('NoncurrentDays', rule.noncurrentDays)),
    element('AbortIncompleteMultipartUpload', optional('DaysAfterInitiation', rule.abortUploadDays)),
  );
  return { id: rule.id, text: String(text) };
}

export function notificationEntry(entry: NotificationEntry): Entry {
  const [element, target] =
    entry.kind === 'topic' ? ['TopicConfiguration', 'Topic'] : ['QueueConfiguration', 'Queue'];
  const events = entry.events.map((event) => `<Event>${escapeXml(event)}</Event>`).join('');
  const text = `<${element}><Id>${escapeXml(entry.id)}</Id><${target}>${escapeXml(entry.arn)}</${target}>${events}</${element}>`;
  return { id: entry.id, text };
}

/** Whether an entry that stands still sends all events of ours to the same place, and none is filtered out. */
export function notificationStands(standing: Entry, { kind, arn, events }: NotificationEntry): boolean {
  const [element, target] =
    kind === 'topic' ? ['TopicConfiguration', 'Topic'] : ['QueueConfiguration', 'Queue'];
  if (!standing.text.startsWith(`<${element}`)) return false;
  const node = parseXml(standing.text, element);
  const stand = childrenOf(node, 'Event');
  return (
    textOf(node, target) === arn &&
    events.every((event) => stand.includes(event)) &&
    !standing.text.includes('<FilterRule>')
  );
}

export function lifecycleDocument(entries: Entry[]): string {
  return documentOf('LifecycleConfiguration', entries);
}

/** The entries in the order of S3's schema: topics, queues, functions, EventBridge. */
export function notificationDocument(entries: Entry[]): string {
  const rank = ({ text }: Entry) => NOTIFICATION_ENTRIES.findIndex((name) => text.startsWith(`<${name}`));
  return documentOf(
    'NotificationConfiguration',
    entries.toSorted((a, b) => rank(a) - rank(b)),
  );
}

function documentOf(root: string, entries: Entry[]): string {
  const body = entries.map((entry) => entry.text).join('');
  return `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${body}</${root}>`;
}
