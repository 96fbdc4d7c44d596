import type { Environment } from '../../contract/environment.ts';
import type { Pool } from '../../ledger/database.ts';
import { assertIsCurrent, mirrorEpoch } from '../common/epoch-mirror.ts';
import { endCalledOff, endHold, isCalledOffOpen, openHold } from '../../ledger/holds.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import { originOf } from '../../contract/phases.ts';
import { BucketControl } from '../../store/control.ts';
import { enableUsers } from '../common/fence.ts';
import { STRAGGLER, WRITERS_BEFORE_HOLD, APPLICATIONS } from '../../contract/names.ts';
import { turnOrigin } from '../../platform/nginx/turn-origin.ts';
import { readParameter, writeParameter } from '../../platform/applications-parameter/parameter.ts';
import { sleep } from '../../contract/wait.ts';

/**
 * Carries out a turn that the ledger has committed. Every step may be repeated: the holder, the
 * next run and the watcher all call this where a committed turn is not carried out yet.
 */
export async function carryOut(environment: Environment, ledger: Pool): Promise<void> {
  const hold = await openHold(ledger);
  if (hold === null || hold.state !== 'turned') return;
  const move = await readMove(ledger);
  const { epoch, writesGoTo } = move;
  // First of all: from the next step on a ledger that knows nothing of this turn would be a lie.
  await mirrorEpoch(environment, epoch);
  if (writesGoTo === 'target') {
    await enableUsers(environment, [STRAGGLER]);
  }
  await turnOrigin(environment, originOf(writesGoTo === 'target' ? 'cutover' : 'copy'), epoch);
  await turnParameter(environment, move);
  await endHold(ledger, hold.id, { carriedOutBy: process.pid });
  if (writesGoTo === 'source') await setTargetVersioning(environment, false);
}

/**
 * Tells the applications, again, the store that the ledger names. A parameter that still says hold was left by a hold
 * that put nothing back: of a restored ledger nobody else knows it.
 */
export async function sayStore(environment: Environment, ledger: Pool): Promise<void> {
  if ((await readParameter(environment))?.state === 'hold') await restore(environment, ledger);
  else await turnParameter(environment, await currentMove(environment, ledger));
}

async function currentMove(environment: Environment, ledger: Pool): Promise<MoveState> {
  const move = await readMove(ledger);
  await assertIsCurrent(environment, move);
  return move;
}

/**
 * Reads move first and writes follow one refresh later: no application reads the old store after another's first
 * write to the new one. A parameter that does not say yet that writes go on may have just moved the reads; not that of
 * a hold that was called off.
 */
async function turnParameter(
  environment: Environment,
  { epoch, writesGoTo }: MoveState,
  { calledOff = false } = {},
): Promise<void> {
  const { refreshSeconds, holdRequestSeconds, requestSeconds } = environment.bounds;
  const state = writesGoTo === 'target' ? 'ceph' : 's3';
  const now = await readParameter(environment);
  const readsStayed = calledOff || now === null || now.state === state;
  if (!readsStayed) {
    const reads = { store: writesGoTo, epoch, requestSeconds: holdRequestSeconds };
    await writeParameter(environment, { state: 'hold', ...reads });
    await sleep(refreshSeconds * 1000);
  }
  await writeParameter(environment, { state, store: writesGoTo, epoch, requestSeconds });
}

/**
 * Puts back what a hold that was called off had changed: the store that the ledger names goes on, first of all.
 * Where it fails, or its process dies, the watch does it again until it is done.
 */
export async function restore(environment: Environment, ledger: Pool): Promise<void> {
  const move = await currentMove(environment, ledger);
  await turnParameter(environment, move, { calledOff: await isCalledOffOpen(ledger) });
  // What the hold's process had sent when it died, or got no answer to, may be carried out for so long.
  await sleep(environment.bounds.requestSeconds * 1000);
  if (move.writesGoTo === 'source') {
    await enableUsers(environment, WRITERS_BEFORE_HOLD);
    await setTargetVersioning(environment, false);
  } else {
    await enableUsers(environment, [STRAGGLER]);
  }
  await endCalledOff(ledger);
}

/**
 * The target buckets are versioned from cutover to `done`: nothing that an operator or a straggler does
 * there is beyond repair, and the history is the record of what clients did. Not before: on RGW 16.2 a
 * versioned PUT costs about 1.6 plain ones (design.md §5).
 */
export async function setTargetVersioning(environment: Environment, enabled: boolean): Promise<void> {
  await Promise.all(
    environment.moves.map(async (move) => {
      const target = environment.targets[move.targetCluster];
      if (target === undefined) throw new Error(`No target named ${move.targetCluster}`);
      const { requestSeconds } = environment.bounds;
      const control = await BucketControl.open(target, APPLICATIONS, { requestSeconds });
      try {
        await control.setVersioning(move.targetBucket, enabled);
      } finally {
        control.close();
      }
    }),
  );
}
