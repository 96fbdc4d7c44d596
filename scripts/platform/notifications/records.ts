import { z } from 'zod';
import { messageOf } from '../../contract/errors.ts';
import { bridgeEventName } from '../../contract/event-names.ts';

/** The messages that tell of changes, as their senders write them, and what we read of them. */

/**
 * A message that cannot be stored as it is. The sender must keep it and try again: an event that was
 * acknowledged but not stored is lost.
 */
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

/**
 * Reads one message: a notification of S3 or RGW (a document with `Records`), or an event of EventBridge.
 * Empty for the hello of a new subscription. Throws MalformedEvent for anything that it does not understand.
 */
export function readChanges(document: unknown): Change[] {
  if (TestEventSchema.safeParse(document).success) return [];
  const envelope = EnvelopeSchema.safeParse(document);
  if (envelope.success) {
    return envelope.data.Records.map((record, index) =>
      fromRecord(parse(RecordSchema, record, `record ${index}`)),
    );
  }
  if (typeof document === 'object' && document !== null && 'detail-type' in document) {
    return [fromBridge(parse(BridgeSchema, document, 'event'))];
  }
  throw new MalformedEvent('neither "Records", nor an event of EventBridge, nor a test event');
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MalformedEvent(`${what}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
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

/** Parses a message's body. Throws MalformedEvent where it is no JSON. */
export function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new MalformedEvent(`not JSON: ${messageOf(error)}`, { cause: error });
  }
}
