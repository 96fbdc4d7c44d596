import type { Claims } from '../../ledger/claims.ts';
import type { MoveState } from '../../ledger/move.ts';
import type { Outcome } from '../../ledger/operations.ts';
import { hasCode } from '../../store/errors.ts';
import { act, type Deed } from './act.ts';
import { decide, type Action, type Decision, type SeenOperation, type Situation } from './decide.ts';
import { look, type Sight } from './look.ts';
import type { PairMemory } from '../common/pair-memory.ts';
import type { ReplayStores } from './stores.ts';

/** How often a key that changes while it is handled is looked at before its turn comes again later. */
const ROUNDS = 6;

type Last = { action: Action['do']; deed: Deed; sight: Sight };

export type WorkedOff = Pick<Decision, 'retire' | 'conflicts'> & {
  sight: Sight;
  quarantine: Deed['quarantine'];
};

/**
 * Brings a key to where nothing is left to do: look at both sides, decide, act, and look again, because
 * clients go on writing. Operations are retired only by a look that found them done.
 *
 * @returns null where the key kept changing: it stays open and comes again
 * @throws Error where S3's object did not change and Ceph's still differs from it after a copy
 */
export async function workOff(
  sides: ReplayStores,
  memory: PairMemory,
  claims: Pick<Claims, 'assertLive'>,
  where: { move: string; key: string },
  writesGoTo: MoveState['writesGoTo'],
  operations: readonly SeenOperation[],
): Promise<WorkedOff | null> {
  let last: Last | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const justCopied = writesGoTo === 'source' && last?.action === 'copy';
    const sight: Sight = await look(sides, memory, where.key, writesGoTo, justCopied ? 'heads' : 'all');
    const decision = decide(situationOf(writesGoTo, operations, sight));
    if (decision.action.do === 'nothing') {
      return { ...decision, retire: nameDeed(decision.retire, last), sight, quarantine: undefined };
    }
    if (
      decision.action.do === 'quarantine' &&
      last?.deed.quarantine !== undefined &&
      unchanged(sight, last.sight)
    ) {
      return { ...decision, sight, quarantine: last.deed.quarantine };
    }
    if (decision.action.do === 'copy' && justCopied && unchanged(sight, last?.sight)) {
      const differs = sight.target.differs?.join(', ') ?? 'it is not there';
      throw new Error(`copied, and the target's object still differs from the source's: ${differs}`);
    }
    const deed = await attempt(sides, claims, where, decision.action);
    // So the next look knows the copy as equal, though its ETag cannot tell.
    if (deed.copied !== undefined) await memory.keepCopy(where.key, deed.copied);
    last = { action: decision.action.do, deed, sight };
  }
  return null;
}

function situationOf(
  writesGoTo: MoveState['writesGoTo'],
  operations: readonly SeenOperation[],
  { source, target, history }: Sight,
): Situation {
  return writesGoTo === 'source'
    ? { writesGoTo, operations, source, target }
    : { writesGoTo, operations, source, target, history };
}

async function attempt(
  sides: ReplayStores,
  claims: Pick<Claims, 'assertLive'>,
  where: { move: string; key: string },
  action: Action,
): Promise<Deed> {
  try {
    return await act(sides, claims, where, action);
  } catch (error) {
    // Somebody wrote the key on Ceph since we looked: the next look sees it.
    const conditional = action.do === 'apply' || action.do === 'replace';
    if (conditional && hasCode(error, 'PreconditionFailed')) return {};
    throw error;
  }
}

function unchanged(now: Sight, before: Sight | undefined): boolean {
  return before !== undefined && now.source !== null && now.source.etag === before.source?.etag;
}

/** What is equal now is so because of what was done last. */
function nameDeed(retire: Decision['retire'], last: Last | null): Decision['retire'] {
  const outcome = last === null ? undefined : outcomeOf(last);
  if (outcome === undefined) return retire;
  return retire.map((one) => (one.outcome === 'equal' ? { ...one, outcome } : one));
}

function outcomeOf({ action, deed }: Last): Outcome | undefined {
  if (action === 'delete') return 'deleted';
  if (deed.copied === undefined) return undefined;
  return action === 'copy' ? 'copied' : 'applied';
}
