import { z } from 'zod';
import { RESERVED_PREFIX, type Move } from '../environment.ts';
import { messageOf } from '../errors.ts';
import type { NewOperation, OperationKind } from '../ledger/operations.ts';
import { normaliseSequencer } from './sequencer.ts';

/** The object whose events prove that capture is alive. Present in every source bucket. */
export const CANARY_KEY = `${RESERVED_PREFIX}canary`;

/**
 * A message that cannot be stored as it is. Whoever sent it must keep it and try again: an event that was
 * acknowledged but not stored is lost.
 */
export class MalformedEvent extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MalformedEvent';
  }
}

/** PostgreSQL has no text with NUL in it: refused by name here, not as a failed transaction of others'. */
const text = z.string().refine((value) => !value.includes('\0'), 'holds a NUL character');

/** What we read of a record; everything else in it is left alone. */
const RecordSchema = z.object({
  eventSource: z.enum(['aws:s3', 'ceph:s3']),
  eventName: text.min(1),
  eventTime: z.string().optional(),
  userIdentity: z.object({ principalId: text.optional() }).optional(),
  s3: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({
      key: z.string().min(1),
      size: z.number().int().nonnegative().optional(),
      eTag: text.optional(),
      versionId: text.nullish(),
      sequencer: z.string().optional(),
    }),
  }),
});
type S3Record = z.infer<typeof RecordSchema>;

/** Amazon says hello to a new subscription with this, without `Records`. */
const TestEventSchema = z.object({ Event: z.literal('s3:TestEvent') });

/** What decides which records become operations. */
export type EventRules = {
  moves: readonly Pick<Move, 'name' | 'sourceBucket'>[];
  /**
   * Principals as the events write them whose writes are the migration's own. Their events are dropped,
   * the canary's excepted: a worker that listened to itself would never come to rest.
   */
  ownPrincipals: readonly string[];
};

/**
 * Reads one notification as the stores send it (a document with `Records`) into operations for the log.
 * Empty where it holds nothing for us. Throws MalformedEvent for anything that it does not understand.
 */
export function readNotification(document: unknown, rules: EventRules): NewOperation[] {
  if (TestEventSchema.safeParse(document).success) return [];
  const envelope = z.object({ Records: z.array(z.unknown()) }).safeParse(document);
  if (!envelope.success) throw new MalformedEvent('neither "Records" nor a test event');
  return envelope.data.Records.flatMap((record, index) => {
    const parsed = RecordSchema.safeParse(record);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new MalformedEvent(`record ${index}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    }
    return readRecord(parsed.data, rules) ?? [];
  });
}

function readRecord(record: S3Record, rules: EventRules): NewOperation | null {
  const { bucket, object } = record.s3;
  const move = rules.moves.find((candidate) => candidate.sourceBucket === bucket.name);
  // Not ours to forget: somebody pointed another bucket's notification here, or a move was renamed.
  if (move === undefined) throw new MalformedEvent(`bucket "${bucket.name}" is not one that moves`);

  const key = decodeKey(record.eventSource, object.key);
  if (key.includes('\0')) throw new MalformedEvent(`key ${JSON.stringify(key)} holds a NUL character`);
  const eventName = record.eventName.replace(/^s3:/, '');
  const principal = record.userIdentity?.principalId;
  const canary = key === CANARY_KEY && eventName.startsWith('ObjectCreated:');
  // The migration's own corner of the bucket never moves, whoever touches it.
  if (key.startsWith(RESERVED_PREFIX) && !canary) return null;
  if (!canary && principal !== undefined && rules.ownPrincipals.includes(principal)) return null;

  const time = record.eventTime === undefined ? NaN : Date.parse(record.eventTime);
  return {
    move: move.name,
    key,
    kind: canary ? 'canary' : kindOf(eventName),
    eventName,
    eventSource: record.eventSource,
    sequencer: normaliseSequencer(record.eventSource, object.sequencer),
    versionId: object.versionId || undefined,
    etag: object.eTag?.replaceAll('"', '') || undefined,
    size: object.size,
    principal,
    eventTime: Number.isNaN(time) ? undefined : new Date(time),
  };
}

/**
 * Amazon form-encodes keys in events (`+` for a space); Ceph writes them as they are. The wrong one of
 * the two names another object.
 */
function decodeKey(source: S3Record['eventSource'], key: string): string {
  if (source === 'ceph:s3') return key;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch (error) {
    throw new MalformedEvent(`key ${JSON.stringify(key)} is not form-encoded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * What an event says about its key. Every one that is neither a removal nor an expiry (restores, tags,
 * ACLs, transitions, names that do not exist yet) says "this key changed", which a put does too: replay
 * looks at the object itself.
 */
export function kindOf(eventName: string): Exclude<OperationKind, 'canary'> {
  // A rule of the bucket, not a client: Amazon's family and Ceph's.
  if (eventName.startsWith('LifecycleExpiration:')) return 'expire';
  if (eventName.startsWith('ObjectLifecycle:') && !eventName.startsWith('ObjectLifecycle:Transition')) {
    return 'expire';
  }
  return eventName.startsWith('ObjectRemoved:') ? 'delete' : 'put';
}
