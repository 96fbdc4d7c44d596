import { type Move } from '../../contract/environment.ts';
import { RESERVED_PREFIX, CANARY_KEY } from '../../contract/names.ts';
import type { NewOperation } from '../../ledger/operations.ts';
import { MalformedEvent, readChanges, type Change } from '../../platform/notifications/records.ts';
import { normaliseSequencer } from '../../platform/notifications/sequencer.ts';
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

/**
 * Reads one message as it comes (see `readChanges`) into operations for the log. Empty where it holds
 * nothing for us. Throws MalformedEvent for anything that it does not understand.
 */
export function readNotification(document: unknown, rules: EventRules): NewOperation[] {
  return readChanges(document).flatMap((change) => toOperation(change, rules) ?? []);
}

function toOperation(change: Change, rules: EventRules): NewOperation | null {
  const { key, eventName, principal } = change;
  const move = rules.moves.find((candidate) => candidate.sourceBucket === change.bucket);
  // Not ours to forget: somebody pointed another bucket's notification here, or a move was renamed.
  if (move === undefined) throw new MalformedEvent(`bucket "${change.bucket}" is not one that moves`);
  if (key.includes('\0')) throw new MalformedEvent(`key ${JSON.stringify(key)} holds a NUL character`);

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
