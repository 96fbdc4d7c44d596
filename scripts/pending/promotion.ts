import { setTimeout as sleep } from 'node:timers/promises';
import { WRITER_AFTER_HOLD } from '../cutover/fence.ts';
import type { Environment } from '../environment.ts';
import { messageOf } from '../errors.ts';
import { Claims, claimKey, LeaseLost, releaseClaims } from '../ledger/claims.ts';
import type { Pool } from '../ledger/connect.ts';
import { clearFailure, recordFailure } from '../ledger/failures.ts';
import { readMove, type MoveState } from '../ledger/move.ts';
import { isPending, takePending } from '../ledger/pending.ts';
import { log } from '../log.ts';
import { StoreClient } from '../store/client.ts';
import { copyObject } from '../store/copying.ts';
import { hasCode } from '../store/errors.ts';
import { compareKey } from '../verify/compare-key.ts';
import { moveOf } from '../verify/stores.ts';

const WRITER_BEFORE_HOLD = 'migration-replay';
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
  const { leaseSeconds } = environment.bounds;
  const claims = new Claims(ledger, { owner: options.owner, leaseSeconds });
  claims.start();
  const copied = new Map<string, Asked & { at: number }>();
  try {
    while (!options.stop.aborted) {
      try {
        await takeOff(ledger, copied, grace);
        const next = await nextKey(ledger, [...copied.values()]);
        if (next === null) {
          await sleep(IDLE_MILLISECONDS, undefined, { signal: options.stop }).catch(() => undefined);
        } else if (await promoteKey(environment, ledger, claims, next, options.owner)) {
          copied.set(JSON.stringify([next.move, next.key]), { ...next, at: performance.now() });
        }
      } catch (error) {
        if (error instanceof LeaseLost) throw error; // a new process starts with a name of its own
        log.error({ reason: messageOf(error) }, 'no key could be promoted');
        await sleep(IDLE_MILLISECONDS * 4, undefined, { signal: options.stop }).catch(() => undefined);
      }
    }
  } finally {
    await claims.stop();
  }
}

/** Takes keys off whose grace is over. Taking off one that a client's write took already changes nothing. */
async function takeOff(
  ledger: Pool,
  copied: Map<string, Asked & { at: number }>,
  grace: number,
): Promise<void> {
  for (const [id, { move, key, at }] of copied) {
    if (performance.now() - at < grace) continue;
    await takePending(ledger, move, [key]);
    copied.delete(id);
  }
}

async function nextKey(ledger: Pool, copied: Asked[]): Promise<Asked | null> {
  const { rows } = await ledger.query<Asked>(
    `SELECT p.move, p.key FROM pending_key p
     WHERE NOT EXISTS (SELECT 1 FROM failed_key f WHERE f.move = p.move AND f.key = p.key
                       AND f.stage = 'promotion' AND f.next_at > clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM unnest($1::text[], $2::text[]) AS c (move, key)
                       WHERE c.move = p.move AND c.key = p.key)
     ORDER BY p.promotion_asked_at NULLS LAST, p.at LIMIT 1`,
    [copied.map(({ move }) => move), copied.map(({ key }) => key)],
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
    // A client's write may have taken it off before the claim was ours.
    if (!(await isPending(ledger, asked.move, asked.key))) return false;
    const reason = await copy(environment, claims, state, asked);
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

/** @returns null when the key is equal on Ceph now, else why not */
async function copy(
  environment: Environment,
  claims: Claims,
  state: MoveState,
  { move: name, key }: Asked,
): Promise<string | null> {
  const move = moveOf(environment, name);
  const { sourceBucket, targetBucket } = move;
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) return `there is no target "${move.targetCluster}"`;
  const options = { requestSeconds: environment.bounds.requestSeconds, connections: 4 };
  const writer = state.writesGoTo === 'source' ? WRITER_BEFORE_HOLD : WRITER_AFTER_HOLD;
  const source = await StoreClient.open(environment.source, 'migration', options);
  const target = await StoreClient.open(endpoint, writer, options);
  try {
    // The condition of the PUT passes over a delete marker: only the history says "never".
    if (!(await hasHistory(target, targetBucket, key))) {
      const request = { source, sourceBucket, target, targetBucket, key };
      const assertLive = () => claims.assertLive();
      try {
        const { outcome } = await copyObject({ ...request, assertLive, ifNoneMatch: '*' });
        if (outcome === 'gone') return 'S3 has no such object';
      } catch (error) {
        if (!hasCode(error, 'PreconditionFailed')) throw error;
      }
    }
    const pair = { move, source, target, close: () => Promise.resolve() };
    const { differs } = await compareKey(pair, key, { full: false });
    return differs.length === 0 ? null : `Ceph has another object: ${differs.join(', ')}`;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

async function hasHistory(target: StoreClient, bucket: string, key: string): Promise<boolean> {
  for await (const version of target.listVersions(bucket, { key })) if (version.key === key) return true;
  return false;
}
