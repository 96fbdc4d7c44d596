import { z } from 'zod';
import { messageOf } from '../../contract/errors.ts';
import { bridgeEventName } from '../../contract/event-names.ts';

/** The messages that tell of changes, as their senders write them, and what we read of them. */

/** A record that nobody here can read, however often it is sent. It is counted, and those beside it are stored. */
export class MalformedEvent extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedEvent';
  }
}

/** A change of one object, from any sender. */
export type Change = {
  bucket: string;
  /** As the object is named. */
  key: string;
  eventSource: 'aws:s3' | 'ceph:s3';
  /** As S3's notification names it, without `s3:`. */
  eventName: string;
  sequencer?: string | undefined;
  versionId?: string | undefined;
  etag?: string | undefined;
  size?: number | undefined;
  /** Who did it; of EventBridge only the account. */
  principal?: string | undefined;
  time?: string | undefined;
};

/** PostgreSQL has no text with NUL in it: refused by name here, not as a failed transaction of others'. */
const text = z.string().refine((value) => !value.includes('\0'), 'holds a NUL character');
/** No store has a longer one, and an index of the log could not hold it. */
const MAX_KEY_BYTES = 1024;
const key = z.string().min(1);
const size = z.number().int().nonnegative().optional();

/** What we read of a record; everything else in it is left alone. */
const RecordSchema = z.object({
  eventSource: z.enum(['aws:s3', 'ceph:s3']),
  eventName: text.min(1),
  eventTime: z.string().optional(),
  userIdentity: z.object({ principalId: text.optional() }).optional(),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key,
      size,
      eTag: text.optional(),
      versionId: text.nullish(),
      sequencer: z.string().optional(),
    }),
  }),
});

/** What we read of an event of EventBridge. https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
const BridgeSchema = z.object({
  source: z.literal('aws.s3'),
  'detail-type': text.min(1),
  time: z.string().optional().catch(undefined),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key,
      size,
      etag: text.optional(),
      'version-id': text.nullish(),
      sequencer: z.string().optional(),
    }),
    requester: text.optional(),
    reason: text.optional(),
    'deletion-type': text.optional(),
  }),
});

/** Amazon says hello to a new subscription with this, without `Records`. */
const TestEventSchema = z.object({ Event: z.literal('s3:TestEvent') });

const EnvelopeSchema = z.object({ Records: z.array(z.unknown()) });

/** SNS puts a notification as text into one of its own. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const SnsSchema = z.object({ Type: z.literal('Notification'), Message: z.string() });

/** A record that is no change of a bucket that is listened to. */
export type Unread = {
  /** `malformed`: of a store, but not readable. `foreign`: of something else, or of another bucket. */
  reason: 'malformed' | 'foreign';
  /** '' where it names none. */
  bucket: string;
  detail: string;
  /** The record as JSON, cut off. */
  sample: string;
};
export type Message = { changes: Change[]; unread: Unread[] };

const SAMPLE_LETTERS = 2000;
const NAME_LETTERS = 200;

export function unread(reason: Unread['reason'], record: unknown, detail: string, bucket?: string): Unread {
  const sample = String(JSON.stringify(record)).slice(0, SAMPLE_LETTERS);
  const name = (bucket ?? bucketOf(record)).replaceAll('\0', '').slice(0, NAME_LETTERS);
  return { reason, bucket: name, detail, sample };
}

/**
 * Reads one message: a notification of S3 or RGW (a document with `Records`), an event of EventBridge, or one of
 * these in an envelope of SNS. Nothing for the hello of a new subscription. Never throws: what cannot be read must
 * keep neither its neighbours nor those behind it in the queue from being stored.
 */
export function readMessage(document: unknown): Message {
  const sns = SnsSchema.safeParse(document);
  return readPlain(sns.success ? parseBody(sns.data.Message) : document);
}

function readPlain(document: unknown): Message {
  if (TestEventSchema.safeParse(document).success) return { changes: [], unread: [] };
  const envelope = EnvelopeSchema.safeParse(document);
  if (envelope.success) return readEach(envelope.data.Records, readRecord);
  if (typeof document === 'object' && document !== null && 'detail-type' in document) {
    return readEach([document], readBridge);
  }
  const detail = 'neither "Records", nor an event of EventBridge, nor a test event';
  return { changes: [], unread: [unread('foreign', document, detail)] };
}

function readEach(records: readonly unknown[], read: (record: unknown, index: number) => Change): Message {
  const message: Message = { changes: [], unread: [] };
  for (const [index, record] of records.entries()) {
    try {
      message.changes.push(read(record, index));
    } catch (error) {
      if (!(error instanceof MalformedEvent)) throw error;
      message.unread.push(unread(isOfStore(record) ? 'malformed' : 'foreign', record, error.message));
    }
  }
  return message;
}

const readRecord = (record: unknown, index: number): Change =>
  withKey(fromRecord(parse(RecordSchema, record, `record ${index}`)));
const readBridge = (event: unknown): Change => withKey(fromBridge(parse(BridgeSchema, event, 'event')));

/** Whether a store wrote it, so that a change may be lost with it. */
function isOfStore(record: unknown): boolean {
  const { eventSource, source } = (record ?? {}) as { eventSource?: unknown; source?: unknown };
  return eventSource === 'aws:s3' || eventSource === 'ceph:s3' || source === 'aws.s3';
}

function bucketOf(record: unknown): string {
  const place = z.object({ bucket: z.object({ name: z.string() }) });
  const found = z.union([
    z.object({ s3: place }).transform(({ s3 }) => s3),
    z.object({ detail: place }).transform(({ detail }) => detail),
  ]);
  return found.safeParse(record).data?.bucket.name ?? '';
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MalformedEvent(`${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function withKey(change: Change): Change {
  const { key } = change;
  if (key.includes('\0')) throw new MalformedEvent(`key ${JSON.stringify(key)} holds a NUL character`);
  const bytes = Buffer.byteLength(key);
  if (bytes > MAX_KEY_BYTES) throw new MalformedEvent(`key of ${bytes} bytes: the most is ${MAX_KEY_BYTES}`);
  return change;
}

function fromRecord({
  eventSource,
  eventName,
  eventTime,
  userIdentity,
  s3,
}: z.infer<typeof RecordSchema>): Change {
  return {
    bucket: s3.bucket.name,
    key: eventSource === 'aws:s3' ? decodeForm(s3.object.key) : s3.object.key,
    eventSource,
    eventName: eventName.replace(/^s3:/, ''),
    sequencer: s3.object.sequencer,
    versionId: s3.object.versionId ?? undefined,
    etag: s3.object.eTag,
    size: s3.object.size,
    principal: userIdentity?.principalId,
    time: eventTime,
  };
}

/** EventBridge writes keys as they are. */
function fromBridge({ detail, ...event }: z.infer<typeof BridgeSchema>): Change {
  return {
    bucket: detail.bucket.name,
    key: detail.object.key,
    eventSource: 'aws:s3',
    eventName: bridgeEventName({
      detailType: event['detail-type'],
      reason: detail.reason,
      deletionType: detail['deletion-type'],
    }),
    sequencer: detail.object.sequencer,
    versionId: detail.object['version-id'] ?? undefined,
    etag: detail.object.etag,
    size: detail.object.size,
    principal: detail.requester,
    time: event.time,
  };
}

/**
 * S3's notifications form-encode keys (`+` for a space); Ceph's, and EventBridge, write them as they are.
 * The wrong one of the two names another object.
 */
function decodeForm(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (error) {
    throw new MalformedEvent(`key ${JSON.stringify(encoded)} is not form-encoded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** A message's body; the text itself where it is no JSON, so that it is reported as what it is. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
