import { setTimeout as sleep } from 'node:timers/promises';
import { STRAGGLER, REPLAY, MIGRATION } from '../../contract/names.ts';
import type { Environment } from '../../contract/environment.ts';
import { messageOf } from '../../contract/errors.ts';
import { Claims, claimKey, LeaseLost, releaseClaims } from '../../ledger/claims.ts';
import type { Pool } from '../../ledger/database.ts';
import { clearFailure, recordFailure } from '../../ledger/failures.ts';
import { readMove, type MoveState } from '../../ledger/move.ts';
import { dropPending, giveBackPending, pendingState } from '../../ledger/pending.ts';
import { log } from '../../contract/log.ts';
import { StoreClient } from '../../store/client.ts';
import { copyObject } from '../../store/copying.ts';
import { hasCode } from '../../store/errors.ts';
import { untilAnswered } from '../../store/unanswered.ts';
import { compareKey } from '../common/compare-key.ts';
import { moveOf } from '../common/pair.ts';
import { PairMemory } from '../common/pair-memory.ts';

const IDLE_MILLISECONDS = 250;

/**
 * A reader that Ceph told "no such key" may ask for the pending list only after the copy has landed. So a
 * key stays on the list for so long after it was copied; Nginx waits this long for an answer at most.
 */
const GRACE_SECONDS = 5;

type Asked = { move: string; key: string };

/** Copies pending keys to Ceph, those first that a reader asked for, until `stop` aborts. */
export async function promote(
  environment: Environment,
  ledger: Pool,
  options: { owner: string; stop: AbortSignal; graceSeconds?: number },
): Promise<void> {
  const grace = (options.graceSeconds ?? GRACE_SECONDS) * 1000;
  let lease = startLease(environment, ledger, options.owner, 0);
  const copied = new Map<string, Asked & { at: number }>();
  try {
    while (!options.stop.aborted) {
      try {
        await takeOff(ledger, copied, grace);
        const next = await nextKey(ledger, [...copied.values()], settledSeconds(environment));
        if (next === null) {
          await sleep(IDLE_MILLISECONDS, undefined, { signal: options.stop }).catch(() => undefined);
        } else if (await promoteKey(environment, ledger, lease.claims, next, lease.owner)) {
          copied.set(JSON.stringify([next.move, next.key]), { ...next, at: performance.now() });
        }
      } catch (error) {
        if (error instanceof LeaseLost) throw error; // a new process starts with a name of its own
        log.error({ reason: messageOf(error) }, 'no key could be promoted');
        // A claim that could not be given back would be renewed for as long as we go by this name.
        await lease.claims.stop();
        lease = startLease(environment, ledger, options.owner, lease.number + 1);
        await sleep(IDLE_MILLISECONDS * 4, undefined, { signal: options.stop }).catch(() => undefined);
      }
    }
  } finally {
    await lease.claims.stop();
  }
}

function startLease(environment: Environment, ledger: Pool, name: string, number: number) {
  const owner = number === 0 ? name : `${name}-${number}`;
  const claims = new Claims(ledger, { owner, leaseSeconds: environment.bounds.leaseSeconds });
  claims.start();
  return { owner, claims, number };
}

/**
 * How long after a key was taken for a client's request that request has surely ended: it may wait for others'
 * claims as long as a request takes, and go on its way to Ceph and back as long again.
 */
function settledSeconds({ bounds }: Environment): number {
  return bounds.requestSeconds * 3;
}

/** Takes keys off whose grace is over. Ceph has them, whatever clients did to them since. */
async function takeOff(
  ledger: Pool,
  copied: Map<string, Asked & { at: number }>,
  grace: number,
): Promise<void> {
  for (const [id, { move, key, at }] of copied) {
    if (performance.now() - at < grace) continue;
    await dropPending(ledger, move, [key]);
    copied.delete(id);
  }
}

async function nextKey(ledger: Pool, copied: Asked[], settled: number): Promise<Asked | null> {
  const { rows } = await ledger.query<Asked>(
    `SELECT p.move, p.key FROM pending_key p
     WHERE NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = p.move AND f.key = p.key
                       AND f.stage = 'promotion' AND f.next_at > clock_timestamp())
       AND (p.taken_at IS NULL OR p.taken_at + make_interval(secs => $3) <= clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS c (move, key)
                       WHERE c.move = p.move AND c.key = p.key)
     ORDER BY p.promotion_asked_at NULLS LAST, p.at LIMIT 1`,
    [copied.map(({ move }) => move), copied.map(({ key }) => key), settled],
  );
  return rows[0] ?? null;
}

/**
 * Copies one key under its claim, only where Ceph never had it, and proves that it is equal.
 *
 * @returns whether it is on Ceph now and equal; otherwise the reason is on the failed list, or somebody
 *   else works on it
 */
export async function promoteKey(
  environment: Environment,
  ledger: Pool,
  claims: Claims,
  asked: Asked,
  owner: string,
): Promise<boolean> {
  const state = await readMove(ledger);
  const { leaseSeconds, requestSeconds } = environment.bounds;
  const lease = { owner, leaseSeconds, requestSeconds, epoch: state.epoch };
  const claim = await claimKey(ledger, { ...asked, ...lease });
  if (claim === null) return false;
  const failure = { ...asked, stage: 'promotion' as const };
  try {
    // A client's write may have taken it before the claim was ours.
    const standing = await pendingState(ledger, asked.move, asked.key, settledSeconds(environment));
    if (standing === null || standing === 'taken') return false;
    if (standing === 'settled' && !(await stillPending(environment, ledger, state, asked))) return false;
    const reason = await copy(environment, ledger, claims, state, asked);
    if (reason === null) await clearFailure(ledger, failure);
    else await recordFailure(ledger, { ...failure, reason });
    return reason === null;
  } catch (error) {
    if (error instanceof LeaseLost) throw error;
    await recordFailure(ledger, { ...failure, reason: messageOf(error) });
    return false;
  } finally {
    await releaseClaims(ledger, [claim]);
  }
}

/**
 * What became of a key that was taken for a client's request which has ended by now: off the list where Ceph
 * has heard of it, else the request failed and the key is pending as before.
 */
async function stillPending(
  environment: Environment,
  ledger: Pool,
  state: MoveState,
  { move, key }: Asked,
): Promise<boolean> {
  const { target, targetBucket, close } = await openSides(environment, state, move);
  try {
    if (await hasHistory(target, targetBucket, key)) {
      await dropPending(ledger, move, [key]);
      return false;
    }
    await giveBackPending(ledger, move, key);
    return true;
  } finally {
    await close();
  }
}

type OpenSides = {
  source: StoreClient;
  target: StoreClient;
  sourceBucket: string;
  targetBucket: string;
  close: () => Promise<void>;
};

async function openSides(environment: Environment, state: MoveState, name: string): Promise<OpenSides> {
  const { targetCluster, sourceBucket, targetBucket } = moveOf(environment, name);
  const endpoint = environment.targets[targetCluster];
  if (endpoint === undefined) throw new Error(`there is no target "${targetCluster}"`);
  const options = { requestSeconds: environment.bounds.requestSeconds, connections: 4 };
  const writer = state.writesGoTo === 'source' ? REPLAY : STRAGGLER;
  const source = await StoreClient.open(environment.source, MIGRATION, options);
  const target = await StoreClient.open(endpoint, writer, options);
  const close = async () => void (await Promise.all([source.close(), target.close()]));
  return { source, target, sourceBucket, targetBucket, close };
}

/** @returns null when the key is equal on Ceph now, else why not */
async function copy(
  environment: Environment,
  ledger: Pool,
  claims: Claims,
  state: MoveState,
  { move: name, key }: Asked,
): Promise<string | null> {
  const { source, target, sourceBucket, targetBucket, close } = await openSides(environment, state, name);
  const memory = new PairMemory(ledger, name);
  try {
    // The condition of the PUT passes over a delete marker: only the history says "never".
    if (!(await hasHistory(target, targetBucket, key))) {
      const { coldClass } = moveOf(environment, name);
      const request = { source, sourceBucket, target, targetBucket, key, coldClass };
      const assertLive = () => claims.assertLive();
      try {
        const done = await copyObject({ ...request, assertLive, ifNoneMatch: '*' });
        if (done.outcome === 'gone') return 'S3 has no such object';
        await memory.keepCopy(key, done);
      } catch (error) {
        if (!hasCode(error, 'PreconditionFailed')) throw error;
      }
    }
    const pair = { move: moveOf(environment, name), source, target, concurrency: 1, close };
    const { differs } = await compareKey(pair, key, { full: false, memory });
    return differs.length === 0 ? null : `Ceph has another object: ${differs.join(', ')}`;
  } finally {
    // The claim is given back next: a client's write or delete that passes then must not meet a late copy.
    await untilAnswered(target, targetBucket, key);
    await close();
  }
}

async function hasHistory(target: StoreClient, bucket: string, key: string): Promise<boolean> {
  for await (const version of target.listVersions(bucket, { key })) if (version.key === key) return true;
  return false;
}
