import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../contract/errors.ts';
import { claimKey, LeaseLost, releaseClaims } from '../../ledger/claims.ts';
import type { Database } from '../../ledger/database.ts';
import { clearFailure, recordFailure } from '../../ledger/failures.ts';
import { checkpointShard, type Shard } from '../../ledger/shards.ts';
import { StoreError } from '../../store/errors.ts';
import { untilAnswered } from '../../store/unanswered.ts';
import { doneOf } from './checkpoint.ts';
import { makeEqualNow } from './make-equal.ts';
import type { PipelineContext } from './pipeline.ts';

/** Then a key stays on the failed list, for a person or for another run. */
const MOST_ATTEMPTS = 5;
const LOOK_EVERY_MS = 100;

type Failed = { key: string; attempts: number; due: boolean };

/**
 * Tries the failed keys of a shard again, each after its pause, before the shard counts as done.
 *
 * @returns how many still fail
 */
export async function retryFailed(context: PipelineContext, shard: Shard): Promise<number> {
  const { ledger, move, stop, claim } = context;
  for (;;) {
    const failed = await failedKeys(ledger, shard);
    const open = failed.filter(({ attempts }) => attempts < MOST_ATTEMPTS);
    if (open.length === 0 || stop.aborted) {
      return failed.length;
    }
    for (const { key } of open.filter(({ due }) => due)) {
      const held = await claimKey(ledger, { ...claim, key });
      if (held === null) {
        continue; // somebody works on it
      }
      const failure = { move: move.name, key, stage: 'sync' as const };
      let mayRelease = true;
      try {
        const done = doneOf(await makeEqualNow(context, key));
        const { checkpoint } = shard;
        await checkpointShard(ledger, shard, { ...done, checkpoint, objects: 0, bytes: 0, failed: 0 });
        await clearFailure(ledger, failure);
      } catch (error) {
        mayRelease = !(error instanceof LeaseLost); // it runs out by itself
        if (!(error instanceof StoreError)) throw error;
        await recordFailure(ledger, { ...failure, reason: messageOf(error) });
      } finally {
        await untilAnswered(context.target, move.targetBucket, key);
        if (mayRelease) await releaseClaims(ledger, [held]);
      }
    }
    await sleep(LOOK_EVERY_MS);
  }
}

async function failedKeys(ledger: Database, shard: Shard): Promise<Failed[]> {
  const { rows } = await ledger.query<Failed>(
    `SELECT key, attempts, next_at <= clock_timestamp() AS due FROM failed_key
     WHERE move = $1 AND stage = 'sync' AND key > $2 AND ($3::text IS NULL OR key <= $3) ORDER BY key`,
    [shard.move, shard.after, shard.until],
  );
  return rows;
}
