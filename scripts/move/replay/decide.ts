import { OUR_VERSION } from '../../contract/names.ts';
import type { OperationKind, Outcome } from '../../ledger/operations.ts';

/**
 * What replay does about one key, as a function of what it saw. No I/O: every rule about late, doubled,
 * re-ordered and unauthorised events is here.
 */

/** An open operation of the key. */
export type SeenOperation = {
  position: bigint;
  kind: OperationKind;
  eventName: string;
  /** Comparable as text within the key; null where the store gave none. */
  sequencer: string | null;
  etag: string | null;
  /** The log holds the same event (same sequencer) at a lower position. */
  duplicate: boolean;
  /** S3 tells late of what was done before the hold (`isPreHold`). Never before the turn. */
  preHold: boolean;
};

/** The object on S3 at the time of handling; null only where the bucket is proven to exist and the key not. */
export type SourceState = { etag: string; size: number } | null;

/** The key on Ceph. */
export type TargetState = {
  /** What the latest version is; null where there is none, or a delete marker. */
  current: { etag: string } | null;
  /**
   * How the current object differs from S3's: names of what differs, empty when nothing does; null where
   * one of the two is not there.
   */
  differs: readonly string[] | null;
};

/** The key's history on Ceph, which counts only after the turn (before it the bucket has no versions). */
export type TargetHistory = {
  /** Versions and delete markers together. */
  entries: number;
  /** Some version has the bytes, headers and metadata that S3's object has now. */
  hasSource: boolean;
  /** ETags of all versions, the current one's too. */
  etags: readonly string[];
  /**
   * The current version where replay wrote it although the key had existed: RGW accepts `If-None-Match: *`
   * over a delete marker that came in between.
   */
  intruder: string | null;
  /** The only version is the one that the migration wrote before the turn: no client has touched the key since. */
  ours: boolean;
};

export type Situation = { operations: readonly SeenOperation[]; source: SourceState; target: TargetState } & (
  { writesGoTo: 'source' } | { writesGoTo: 'target'; history: TargetHistory }
);

/** What to do to Ceph before the operations are retired. */
export type Action =
  | { do: 'nothing' }
  /** Make Ceph's object equal to S3's. */
  | { do: 'copy' }
  /**
   * Remove Ceph's object: a client or a lifecycle rule removed it from S3 while that was the truth. After the
   * turn exactly the version that we wrote, so that a client's that lands in between stays.
   */
  | { do: 'delete'; versionId?: typeof OUR_VERSION }
  /** Put S3's object of this ETag in the place of the version that we wrote, unless a client writes the key. */
  | { do: 'replace'; position: bigint; etag: string }
  /** Write S3's object on condition that the key never existed on Ceph. */
  | { do: 'apply' }
  /** Remove exactly this version, which replay wrote and should not have: what it covered shows again. */
  | { do: 'withdraw'; versionId: string }
  /** Keep S3's bytes in quarantine and report. */
  | { do: 'quarantine'; position: bigint };

export type Retirement = { position: bigint; outcome: Outcome };
/** An operation that is reported. Of a put the bytes are kept in quarantine, if S3 still has them. */
export type ReportedConflict = { position: bigint; kind: 'put' | 'delete'; reason: string };

export type Decision = {
  action: Action;
  /** One for every operation that was seen, once the action has succeeded; none when there is more to do. */
  retire: Retirement[];
  conflicts: ReportedConflict[];
};

/** The most that one PUT may carry. An object of more is written in parts, which RGW does without a condition. */
const MAX_PUT_BYTES = 5 * 1024 ** 3;

export const REASONS = {
  deleted: 'deleted on S3 after the cutover; Ceph keeps its object',
  overwritten: 'written on S3 after the cutover; Ceph has, or had, another object of that name',
  gone: 'written on S3 after the cutover, but gone from there before it could be read',
  described: 'tags or ACL changed on S3 after the cutover; Ceph keeps its own',
} as const;

export function decide(situation: Situation): Decision {
  return situation.writesGoTo === 'source' ? followSource(situation) : keepTarget(situation);
}

/** Before the turn S3 is the truth and the operations are hints that it changed. */
function followSource({ operations, source, target }: Situation): Decision {
  const all = (action: Action, outcome: Outcome): Decision => ({
    action,
    retire: operations.map(({ position }) => ({ position, outcome })),
    conflicts: [],
  });
  if (source !== null) {
    const equal = target.differs !== null && target.differs.length === 0;
    return equal ? all({ do: 'nothing' }, 'equal') : all({ do: 'copy' }, 'copied');
  }
  if (target.current === null) return all({ do: 'nothing' }, 'equal');
  // By whom it went does not matter: what a lifecycle rule took is gone from the truth as well.
  return all({ do: 'delete' }, 'deleted');
}

type AfterTurn = Extract<Situation, { writesGoTo: 'target' }>;

/**
 * After the turn Ceph is the truth: what S3 says may add a key that Ceph never had, and finish what was done
 * before the hold where no client has touched the key since.
 */
function keepTarget(situation: AfterTurn): Decision {
  const { operations } = situation;
  const fresh = operations.filter((operation) => !operation.duplicate);
  const puts = fresh.filter(({ kind }) => kind === 'put');
  const newest = newestPut(puts, situation.source);
  const { intruder } = situation.history;
  // First of all a deleted object must not stay back; what to do with the rest is decided afterwards.
  if (intruder !== null)
    return { action: { do: 'withdraw', versionId: intruder }, retire: [], conflicts: [] };
  const decision: Decision = { action: { do: 'nothing' }, retire: [], conflicts: [] };
  const retire = (operation: SeenOperation, outcome: Outcome) =>
    decision.retire.push({ position: operation.position, outcome });

  for (const operation of operations) {
    if (operation.kind === 'canary' || operation.kind === 'expire') {
      retire(operation, 'ignored');
    } else if (operation.duplicate) {
      retire(operation, 'duplicate');
    } else if (operation.kind === 'delete') {
      const outcome = outcomeOfDelete(situation, operation);
      retire(operation, outcome);
      if (outcome === 'deleted') decision.action = { do: 'delete', versionId: OUR_VERSION };
      if (outcome === 'conflict') {
        decision.conflicts.push({ position: operation.position, kind: 'delete', reason: REASONS.deleted });
      }
    } else if (operation === newest) {
      const { action, outcome, reason } = judgePut(situation, operation, fresh);
      if (action.do !== 'nothing') decision.action = action;
      retire(operation, outcome);
      if (reason !== undefined) {
        decision.conflicts.push({ position: operation.position, kind: 'put', reason });
      }
    } else {
      retire(operation, 'superseded'); // overwritten on S3 itself: its bytes are nowhere
    }
  }
  return decision;
}

/** A later delete on S3 never deletes on Ceph; it is no conflict where there is nothing to disagree about. */
function outcomeOfDelete({ source, target, history }: AfterTurn, operation: SeenOperation): Outcome {
  if (source !== null) return 'superseded'; // written again on S3: that write is what counts
  if (target.current === null) return 'equal';
  return operation.preHold && history.ours ? 'deleted' : 'conflict';
}

/** Which put wrote S3's object, as far as that can be known. */
function newestPut(puts: readonly SeenOperation[], source: SourceState): SeenOperation | undefined {
  const wrote = puts.filter(({ etag }) => source !== null && etag === source.etag);
  return (wrote.length > 0 ? wrote : puts).reduce<SeenOperation | undefined>(
    (newest, operation) => (newest === undefined || !isBefore(operation, newest) ? operation : newest),
    undefined,
  );
}

/** By sequencer where both have one, else by the order in which they came. */
function isBefore(a: SeenOperation, b: SeenOperation): boolean {
  if (a.sequencer !== null && b.sequencer !== null && a.sequencer !== b.sequencer) {
    return a.sequencer < b.sequencer;
  }
  return a.position < b.position;
}

function judgePut(
  { source, target, history }: AfterTurn,
  put: SeenOperation,
  fresh: readonly SeenOperation[],
): { action: Action; outcome: Outcome; reason?: string } {
  const nothing: Action = { do: 'nothing' };
  if (source === null) {
    if (put.etag !== null && target.current?.etag === put.etag) return { action: nothing, outcome: 'equal' };
    if (put.etag !== null && history.etags.includes(put.etag))
      return { action: nothing, outcome: 'superseded' };
    const deletedAfter = fresh.some((other) => other.kind === 'delete' && !isBefore(other, put));
    return deletedAfter
      ? { action: nothing, outcome: 'superseded' }
      : { action: nothing, outcome: 'conflict', reason: REASONS.gone };
  }
  if (target.differs !== null && target.differs.length === 0) return { action: nothing, outcome: 'equal' };
  if (put.preHold && history.ours && put.etag === source.etag && source.size <= MAX_PUT_BYTES) {
    return { action: { do: 'replace', position: put.position, etag: put.etag }, outcome: 'applied' };
  }
  if (history.hasSource) {
    // The bytes are a past state of the key: the event is late. A change of tags or ACL leaves the bytes.
    return /^Object(Tagging|Acl):/.test(put.eventName)
      ? { action: nothing, outcome: 'conflict', reason: REASONS.described }
      : { action: nothing, outcome: 'superseded' };
  }
  if (history.entries === 0) return { action: { do: 'apply' }, outcome: 'applied' };
  return {
    action: { do: 'quarantine', position: put.position },
    outcome: 'conflict',
    reason: REASONS.overwritten,
  };
}
