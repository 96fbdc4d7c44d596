import { type Move } from '../../contract/environment.ts';
import { RESERVED_PREFIX, CANARY_KEY } from '../../contract/names.ts';
import type { NewOperation } from '../../ledger/operations.ts';
import { readMessage, unread, type Change, type Unread } from '../../platform/notifications/records.ts';
import { normaliseSequencer } from '../../platform/notifications/sequencer.ts';
import { splitBucket } from '../../store/bucket-name.ts';
import { kindOf } from '../../contract/event-names.ts';

/** What decides which records become operations. */
export type EventRules = {
  moves: readonly Pick<Move, 'name' | 'sourceBucket'>[];
  /**
   * Whose writes are the migration's own. Their events are dropped, the canary's excepted: a worker that
   * listened to itself would never come to rest. A user's name on Ceph; on Amazon the unique id of a role
   * (`AROA…`), which events write as `AWS:AROA…:SESSION`.
   *
   * EventBridge tells only the account. There the mark of our own writes is their key: all that the
   * migration writes to S3 lies below RESERVED_PREFIX.
   */
  ownPrincipals: readonly string[];
};

/** What a message holds for the log, and what in it is counted and left. */
export type Reading = { operations: NewOperation[]; unread: Unread[] };

/** Reads one message as it comes (see `readMessage`). Never throws. */
export function readNotification(document: unknown, rules: EventRules): Reading {
  const message = readMessage(document);
  const reading: Reading = { operations: [], unread: [...message.unread] };
  for (const change of message.changes) {
    const move = rules.moves.find(
      (candidate) => splitBucket(candidate.sourceBucket).name === splitBucket(change.bucket).name,
    );
    if (move === undefined) {
      // Somebody pointed another bucket's notification here, or a move was renamed.
      const detail = `bucket "${change.bucket}" is not one that moves`;
      reading.unread.push(unread('foreign', change, detail, change.bucket));
      continue;
    }
    const operation = toOperation(change, move, rules);
    if (operation !== null) reading.operations.push(operation);
  }
  return reading;
}

function toOperation(
  change: Change,
  move: EventRules['moves'][number],
  rules: EventRules,
): NewOperation | null {
  const { key, eventName, principal } = change;
  const canary = key === CANARY_KEY && eventName.startsWith('ObjectCreated:');
  // The migration's own corner of the bucket never moves, no matter who writes there.
  if (key.startsWith(RESERVED_PREFIX) && !canary) return null;
  if (!canary && principal !== undefined && rules.ownPrincipals.some((own) => isOwn(principal, own))) {
    return null;
  }
  const time = change.time === undefined ? NaN : Date.parse(change.time);
  return {
    move: move.name,
    key,
    kind: canary ? 'canary' : kindOf(eventName),
    eventName,
    eventSource: change.eventSource,
    sequencer: normaliseSequencer(change.eventSource, change.sequencer),
    versionId: change.versionId || undefined,
    etag: change.etag?.replaceAll('"', '') || undefined,
    size: change.size,
    principal,
    eventTime: Number.isNaN(time) ? undefined : new Date(time),
  };
}

function isOwn(principal: string, own: string): boolean {
  return principal === own || principal.startsWith(`AWS:${own}:`);
}
