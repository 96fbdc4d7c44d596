import type { Move } from '../environment.ts';
import { UserError } from '../errors.ts';
import type { Pool } from '../ledger/connect.ts';
import { readMove } from '../ledger/move.ts';
import { checkpointShard, finishShard, syncProgress, type Shard } from '../ledger/shards.ts';
import type { StoreClient } from '../store/client.ts';
import { retryFailed } from './retry.ts';
import { ShardLease } from './shard-lease.ts';
import { claimWindow, nextWindow, syncWindow, type WindowContext } from './window.ts';
import { pause, type Session } from './worker.ts';

/** A run may delete so many objects, or so big a share of all; more than that is a mistake somewhere. */
const DELETE_AT_MOST = 1000;
const DELETE_AT_MOST_SHARE = 0.1;
const LOOK_EVERY_MS = 100;

/**
 * Goes through a shard from its checkpoint, window by window, and finishes it.
 *
 * @param progressed called after each window, so that an earlier trouble counts no more
 * @throws StoreError when listings fail or a store answers nothing; LeaseLost
 */
export async function syncShard(
  session: Session,
  shard: Shard,
  sides: { move: Move; source: StoreClient; target: StoreClient },
  progressed: () => void,
): Promise<'finished' | 'asked' | 'superseded'> {
  const { environment, ledger, owner, epoch, claims, stop } = session;
  const { leaseSeconds, requestSeconds } = environment.bounds;
  const lease = new ShardLease(ledger, shard);
  const context: WindowContext = {
    ...sides,
    ledger,
    stop,
    concurrency: environment.sync.concurrency,
    assertLive: () => {
      claims.assertLive();
      lease.assertLive();
    },
    assertMayDelete: await deleteBudget(ledger, sides.move),
  };
  const claim = { owner, epoch, leaseSeconds, requestSeconds };
  try {
    for (let complete = false; !complete;) {
      if (stop.aborted) {
        return 'asked';
      }
      if (await isSuperseded(session)) {
        return 'superseded';
      }
      const window = await nextWindow(sides, shard);
      const claimed = await claimWindow(ledger, window, { ...claim, move: sides.move.name });
      if (claimed === null) {
        await pause(LOOK_EVERY_MS, stop);
        continue;
      }
      const result = await syncWindow(context, window, claimed);
      complete = result.whole && window.until === shard.until;
      // A window that was cut short is looked at again; only what it copied is counted already.
      const settled = result.whole
        ? { checkpoint: window.until ?? window.objects.at(-1)?.key ?? shard.checkpoint, ...result }
        : { ...result, checkpoint: shard.checkpoint, objects: 0, bytes: 0 };
      await checkpointShard(ledger, shard, { ...settled, failed: 0 });
      shard.checkpoint = settled.checkpoint;
      progressed();
    }
    const failed = await retryFailed(context, shard, claim);
    if (stop.aborted) {
      return 'asked';
    }
    const nothing = { objects: 0, bytes: 0, copied: 0, copiedBytes: 0, deleted: 0 };
    await checkpointShard(ledger, shard, { ...nothing, checkpoint: shard.checkpoint, failed });
    await finishShard(ledger, shard);
    return 'finished';
  } finally {
    await lease.stop();
  }
}

/** Whether S3 is no authority any more, or another epoch's workers have taken over. */
async function isSuperseded({ ledger, epoch }: Session): Promise<boolean> {
  const now = await readMove(ledger);
  return now.epoch !== epoch || now.writesGoTo !== 'source';
}

/** Counts deletions of this run, those of others as far as they are checkpointed. */
async function deleteBudget(ledger: Pool, move: Move): Promise<() => void> {
  const { objectsExpected, deleted } = await syncProgress(ledger, move.name);
  const most = Math.max(DELETE_AT_MOST, Math.floor(objectsExpected * DELETE_AT_MOST_SHARE));
  let left = most - deleted;
  return () => {
    if (left <= 0) {
      throw new UserError(
        `Sync of ${move.name} would delete more than ${most} objects on Ceph that S3 does not have. That is ` +
          'more than clients delete meanwhile; is the source bucket the right one? Nothing more was deleted.',
        { exitCode: 1 },
      );
    }
    left -= 1;
  };
}
