import { messageOf } from '../../contract/errors.ts';
import {
  claimKey,
  claimsStand,
  LeaseLost,
  releaseClaims,
  type Claim,
  type Claims,
  type ClaimOptions,
} from '../../ledger/claims.ts';
import { recordConflict } from '../../ledger/conflicts.ts';
import { transaction } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { clearFailure, recordFailure } from '../../ledger/failures.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import {
  isDuplicate,
  openOperations,
  retireOperations,
  type OpenOperation,
  type Outcome,
} from '../../ledger/operations.ts';
import { isOutdated, readPreHold, type PreHold } from '../../ledger/pre-hold.ts';
import { log } from '../../contract/log.ts';
import { PairMemory } from '../common/pair-memory.ts';
import type { SeenOperation } from './decide.ts';
import { isPreHold } from './pre-hold.ts';
import { isSuspended, type OpenStores, type ReplayStores } from './stores.ts';
import { workOff, type WorkedOff } from './work-off.ts';

/** How the handling of one key ended. */
export type Handled =
  | { result: 'retired'; outcomes: Outcome[] }
  /** Somebody else has the key, or it kept changing: it stays open and nothing is wrong. */
  | { result: 'later' }
  /** On the failed list. */
  | { result: 'failed' }
  /** Our user is suspended on the target: the ledger is about to say why. */
  | { result: 'suspended' }
  /** Our leases may have run out: nothing more may be done under them. */
  | { result: 'lease-lost' };

export type HandleContext = {
  ledger: Pool;
  clients: Pick<OpenStores, 'of'>;
  claims: Pick<Claims, 'assertLive'>;
  lease: Pick<ClaimOptions, 'owner' | 'leaseSeconds' | 'requestSeconds'>;
  /** The state of the move that this key is handled in; its epoch is in the claim. */
  move: MoveState;
};

/** Handles every open operation of one key. Throws only when the ledger is away. */
export async function handleKey(
  context: HandleContext,
  where: { move: string; key: string },
): Promise<Handled> {
  const { ledger, lease } = context;
  const { epoch } = context.move;
  const claim = await claimKey(ledger, { ...lease, ...where, epoch });
  if (claim === null) return { result: 'later' };
  // Until the answer of every request is known (`act`) the key stays claimed: who comes next must not meet a late one.
  let mayRelease = true;
  try {
    const operations = await seenOperations(context, where);
    if (operations.length === 0) return { result: 'later' };
    let sides: ReplayStores | undefined;
    try {
      sides = await context.clients.of(where.move, context.move.writesGoTo);
      const memory = new PairMemory(ledger, where.move);
      const done = await workOff(sides, memory, context.claims, where, context.move.writesGoTo, operations);
      if (done === null) return { result: 'later' };
      await retire(context, claim, where, operations, done);
      mayRelease = false; // released with the retirement
      return { result: 'retired', outcomes: done.retire.map(({ outcome }) => outcome) };
    } catch (error) {
      if (error instanceof LeaseLost) {
        mayRelease = false; // it expires, and the worker that takes it over waits for our last request
        return { result: 'lease-lost' };
      }
      if (sides !== undefined && (await isSuspended(sides, error))) return { result: 'suspended' };
      log.warn(
        { ...where, reason: messageOf(error) },
        'a key could not be replayed; it is tried again later',
      );
      await recordFailure(ledger, { ...where, stage: 'replay', reason: messageOf(error) });
      return { result: 'failed' };
    }
  } finally {
    if (mayRelease) await releaseClaims(ledger, [claim]);
  }
}

/** What is open now, under the claim; whether it is a repetition, or late, counts only after the turn. */
async function seenOperations(
  { ledger, move }: HandleContext,
  where: { move: string; key: string },
): Promise<SeenOperation[]> {
  const operations = await openOperations(ledger, where.move, where.key);
  if (move.writesGoTo === 'source') {
    return operations.map((operation) => ({ ...operation, duplicate: false, preHold: false }));
  }
  const window = await readPreHold(ledger, where.move);
  return Promise.all(
    operations.map(async (operation) => {
      const { sequencer, position } = operation;
      const duplicate = await isDuplicate(ledger, where.move, where.key, sequencer, position);
      const preHold = window !== null && (await countsAsPreHold(ledger, where, operation, window));
      return { ...operation, duplicate, preHold };
    }),
  );
}

/** Events come out of order: one that a later pre-hold change of the key has overtaken says nothing of it. */
async function countsAsPreHold(
  ledger: Pool,
  where: { move: string; key: string },
  operation: OpenOperation,
  window: PreHold,
): Promise<boolean> {
  if (!isPreHold(operation, window)) return false;
  return !(await isOutdated(ledger, where, operation.sequencer, window.eventsBefore));
}

/**
 * Retires exactly the operations that were read, if we still hold the claim and the epoch is still ours:
 * otherwise somebody else decides about the key.
 */
async function retire(
  { ledger, move }: HandleContext,
  claim: Claim,
  where: { move: string; key: string },
  operations: readonly SeenOperation[],
  done: WorkedOff,
): Promise<void> {
  const byOutcome = Map.groupBy(done.retire, ({ outcome }) => outcome);
  await transaction(ledger, async (client) => {
    const stands = await claimsStand(client, [claim]);
    if (!stands || (await readMove(client)).epoch !== move.epoch) throw new LeaseLost(where.key);
    for (const [outcome, retirements] of byOutcome) {
      const positions = retirements.map(({ position }) => position);
      await retireOperations(client, where.move, where.key, positions, outcome);
    }
    for (const conflict of done.conflicts) {
      const seen = operations.find(({ position }) => position === conflict.position);
      const put = conflict.kind === 'put';
      await recordConflict(client, {
        ...where,
        ...conflict,
        sourceEtag: (put ? done.quarantine?.etag : undefined) ?? seen?.etag ?? null,
        sourceSize: put ? (done.quarantine?.bytes ?? done.sight.source?.size ?? null) : null,
        targetEtag: done.sight.target.current?.etag ?? null,
        quarantineBucket: put ? (done.quarantine?.bucket ?? null) : null,
        quarantineKey: put ? (done.quarantine?.key ?? null) : null,
      });
    }
    await clearFailure(client, { ...where, stage: 'replay' });
    await releaseClaims(client, [claim]);
  });
}
