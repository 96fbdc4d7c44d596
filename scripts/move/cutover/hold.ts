import type { Environment, Move } from '../../contract/environment.ts';
import { messageOf, UserError } from '../../contract/errors.ts';
import { countClaims } from '../../ledger/claims.ts';
import { transaction } from '../../ledger/connect.ts';
import type { Pool } from '../../ledger/database.ts';
import { assertLedgerIsCurrent } from '../common/epoch-mirror.ts';
import { beginHold, callOff, commitTurn, openHold, type Hold } from '../../ledger/holds.ts';
import { takeLock } from '../../ledger/locks.ts';
import { readMove } from '../../ledger/move.ts';
import { replayLag } from '../../ledger/operations.ts';
import { log } from '../../contract/log.ts';
import { carryOut, restore, setTargetVersioning } from './carry-out.ts';
import { drainQueue } from './drain-queue.ts';
import { enableUsers, suspendUsers } from '../common/fence.ts';
import { WRITERS_BEFORE_HOLD, STRAGGLER } from '../../contract/names.ts';
import { readParameter, writeParameter } from '../../platform/applications-parameter/parameter.ts';
import { Deadline, sleep, until } from '../../contract/wait.ts';
import { countTargetWrites } from './target-writes.ts';

/** What the hold has others prove before it turns the applications. */
export type HoldProofs = {
  /** A write to every source bucket has come through to the log. Throws where none does by the deadline. */
  canary: (
    environment: Environment,
    ledger: Pool,
    options: { deadlineSeconds: number },
  ) => Promise<Record<string, { writtenAt: Date | null }>>;
  /** Every key touched since the base certificate is equal on both sides, or a finding. */
  parity: (
    environment: Environment,
    ledger: Pool,
    move: Move,
  ) => Promise<{ compared: number; findings: { key: string; differs: readonly string[] }[] }>;
};

/** What a hold did, for the report. Durations in seconds. */
export type HoldResult = { id: string; holdSeconds: number; certifiedKeys: number };

/**
 * The hold: orders the two stores, which clocks cannot.
 *
 * The applications' writes wait while the last changes are replayed and certified; then one transaction
 * in the ledger turns the move (the commit point), and Nginx and the parameter follow. Before that
 * transaction every failure calls the hold off and S3 goes on; after it, every failure is rolled
 * forward, by this process, the next run, or the watcher (`watch.ts`).
 *
 * Throws UserError (exit 1) where it was called off.
 */
export async function holdAndTurn(
  environment: Environment,
  ledger: Pool,
  direction: Hold['direction'],
  proofs: HoldProofs,
): Promise<HoldResult> {
  const lock = await takeLock(ledger, 'hold', { wait: true });
  try {
    await assertLedgerIsCurrent(environment, ledger);
    await finishLeftOver(environment, ledger);
    const here = await readMove(ledger);
    const destination = direction === 'to-target' ? 'target' : 'source';
    if (here.writesGoTo === destination) return { id: '0', holdSeconds: 0, certifiedKeys: 0 };

    // A ledger that was replaced since it was found current has broken the lock's connection.
    lock?.assertHeld();
    await tightenDeadlines(environment, here.writesGoTo, here.epoch);
    lock?.assertHeld();
    const id = await beginHold(ledger, direction, environment.bounds.holdLimitSeconds);
    const began = performance.now();
    let settled: Settled = { certifiedKeys: 0, eventsBefore: new Map() };
    try {
      const deadline = new Deadline(environment.bounds.holdLimitSeconds);
      await pauseWrites(environment, here.writesGoTo, here.epoch, deadline);
      if (direction === 'to-target') settled = await settleTarget(environment, ledger, deadline, proofs);
      else await settleSource(environment, deadline);
      lock?.assertHeld();
      const late = {
        eventsBefore: settled.eventsBefore,
        windowSeconds: environment.bounds.lateEventSeconds,
      };
      if (!(await transaction(ledger, (client) => commitTurn(client, id, late)))) {
        throw new Error('it took longer than its limit and was given up');
      }
    } catch (error) {
      const standing = (await callOff(ledger, id, messageOf(error))) ? null : await openHold(ledger);
      // The commit's answer may have been lost: what has turned is carried out.
      if (standing?.state !== 'turned' || standing.id !== id) {
        lock?.assertHeld();
        await restore(environment, ledger);
        throw new UserError(
          `The hold was called off after ${secondsSince(began)} s: ${messageOf(error)}. ` +
            `The applications go on with ${here.writesGoTo === 'source' ? 'S3' : 'Ceph'}; nothing was turned. Run pulumi up again to retry.`,
          { exitCode: 1, cause: error },
        );
      }
    }
    await carryOut(environment, ledger);
    const holdSeconds = Number(secondsSince(began));
    const { certifiedKeys } = settled;
    log.info({ holdSeconds, certifiedKeys, direction }, 'the applications have turned');
    return { id: String(id), holdSeconds, certifiedKeys };
  } finally {
    lock?.release();
  }
}

/** A hold that its process left behind: turned ones are carried out, others given up. */
async function finishLeftOver(environment: Environment, ledger: Pool): Promise<void> {
  const left = await openHold(ledger);
  if (left === null) return;
  if (left.state === 'holding') {
    await callOff(ledger, left.id, 'the process that held it died');
    await restore(environment, ledger);
  } else {
    await carryOut(environment, ledger);
  }
}

/**
 * Shortens the applications' deadline before the hold, so that waiting for the longest request inside it
 * is short. Outside the hold this costs nobody anything; it takes one old deadline to be in force.
 */
async function tightenDeadlines(
  environment: Environment,
  store: 'source' | 'target',
  epoch: bigint,
): Promise<void> {
  const { refreshSeconds, requestSeconds, holdRequestSeconds } = environment.bounds;
  const now = await readParameter(environment);
  await writeParameter(environment, {
    state: store === 'source' ? 's3' : 'ceph',
    store,
    epoch,
    requestSeconds: holdRequestSeconds,
  });
  const inForce = now?.requestSeconds ?? requestSeconds;
  if (inForce > holdRequestSeconds) {
    log.info({ seconds: refreshSeconds + inForce }, 'shortening the deadlines of requests before the hold');
    await sleep((refreshSeconds + inForce) * 1000);
  }
}

/** Tells the applications to wait with writes, and waits until the last one in flight has ended. */
async function pauseWrites(
  environment: Environment,
  store: 'source' | 'target',
  epoch: bigint,
  deadline: Deadline,
): Promise<void> {
  const { refreshSeconds, holdRequestSeconds } = environment.bounds;
  await writeParameter(environment, { state: 'hold', store, epoch, requestSeconds: holdRequestSeconds });
  deadline.assertLeaves(refreshSeconds + holdRequestSeconds, 'drain the writes in flight');
  await sleep((refreshSeconds + holdRequestSeconds) * 1000);
}

/** What the hold has found out when it is about to turn to Ceph. */
type Settled = {
  certifiedKeys: number;
  /** When the first canary of the hold was written, by S3's own clock: what S3 dates earlier is pre-hold. */
  eventsBefore: ReadonlyMap<string, Date>;
};

/** Makes Ceph equal to S3, proves it, and fences off all that wrote there so far. */
async function settleTarget(
  environment: Environment,
  ledger: Pool,
  deadline: Deadline,
  proofs: HoldProofs,
): Promise<Settled> {
  const canaries = await proofs.canary(environment, ledger, { deadlineSeconds: deadline.remainingSeconds });
  const eventsBefore = new Map(
    Object.entries(canaries).flatMap(([move, { writtenAt }]) =>
      writtenAt === null ? [] : [[move, writtenAt] as const],
    ),
  );
  await drainQueue(environment, deadline);
  for (;;) {
    await until('replay reaches zero', deadline, async () => {
      const [lag, claims] = await Promise.all([
        replayLag(ledger),
        countClaims(ledger, environment.bounds.requestSeconds),
      ]);
      return lag.operations === 0 && claims === 0
        ? true
        : `${lag.operations} operations open, ${claims} keys claimed`;
    });
    // Suspending the writers and comparing touch different things: side by side.
    const [certified] = await Promise.all([
      Promise.all(environment.moves.map((move) => proofs.parity(environment, ledger, move))),
      suspendUsers(environment, WRITERS_BEFORE_HOLD, deadline),
    ]);
    // A request of replay's that was let in just before the suspension must have landed before a client's
    // first write to Ceph: its claim shows that it is under way.
    await until('no key is claimed any more', deadline, async () => {
      const claims = await countClaims(ledger, environment.bounds.requestSeconds);
      return claims === 0 || `${claims} keys claimed`;
    });
    const findings = certified.flatMap((certificate) => certificate.findings);
    if (findings.length === 0) {
      await setTargetVersioning(environment, true);
      const certifiedKeys = certified.reduce((sum, certificate) => sum + certificate.compared, 0);
      return { certifiedKeys, eventsBefore };
    }
    const open = (await replayLag(ledger)).operations;
    if (open === 0) throw new Error(describe(findings));
    // A client that ignores the hold wrote just now. Replay takes it up and all is compared once more; one that
    // goes on writing until the hold's limit has it called off.
    log.info({ open, findings: findings.length }, 'a write came in the hold; once more');
    await enableUsers(environment, WRITERS_BEFORE_HOLD);
  }
}

function describe(findings: readonly { key: string; differs: readonly string[] }[]): string {
  const named = findings
    .slice(0, 5)
    .map((finding) => `${JSON.stringify(finding.key)} (${finding.differs.join(', ')})`);
  return `${findings.length} keys differ between S3 and Ceph: ${named.join(', ')}`;
}

/** Going back: only while Ceph holds nothing that S3 does not. */
async function settleSource(environment: Environment, deadline: Deadline): Promise<void> {
  await suspendUsers(environment, [STRAGGLER], deadline);
  const writes = await countTargetWrites(environment, deadline);
  if (writes > 0) throw new Error(`Ceph holds ${writes} writes that S3 does not have`);
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(2);
}
