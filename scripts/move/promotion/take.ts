import { setTimeout as sleep } from 'node:timers/promises';
import { claimKey, releaseClaims, type Claim } from '../../ledger/claims.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { takePending } from '../../ledger/pending.ts';

export type TakeOptions = {
  /** Unique to this process. */
  owner: string;
  leaseSeconds: number;
  requestSeconds: number;
};

/** A key could not be taken off the list in time, because a copy of it is under way. */
export class StillCopied extends Error {
  constructor(keys: readonly string[]) {
    super(`${keys.length} keys are being copied at this moment`);
    this.name = 'StillCopied';
  }
}

const PAUSE_MILLISECONDS = 20;

/**
 * Takes keys off the list before a client's write or delete of them passes. Those that are on it are
 * claimed first: a copy that is under way ends before the client's request begins, and none begins
 * after. Otherwise a delete could pass, and the copy land after it. The rest (nearly all) only costs a look.
 *
 * @throws StillCopied when a copy has not ended within `requestSeconds`
 */
export async function takeKeys(
  ledger: Pool,
  move: string,
  keys: readonly string[],
  options: TakeOptions,
): Promise<void> {
  const { rows } = await ledger.query<{ key: string }>(
    'SELECT key FROM pending_key WHERE move = $1 AND key = ANY($2::text[])',
    [move, keys],
  );
  const listed = rows.map((row) => row.key);
  if (listed.length === 0) return;
  const { epoch } = await readMove(ledger);
  const claims: Claim[] = [];
  const until = performance.now() + options.requestSeconds * 1000;
  try {
    let left = listed;
    while (left.length > 0) {
      const waiting: string[] = [];
      for (const key of left) {
        const claim = await claimKey(ledger, { move, key, epoch, ...options });
        if (claim === null) {
          waiting.push(key);
          continue;
        }
        claims.push(claim);
        await takePending(ledger, move, [key]);
      }
      if (waiting.length > 0) {
        if (performance.now() >= until) throw new StillCopied(waiting);
        await sleep(PAUSE_MILLISECONDS);
      }
      left = waiting;
    }
  } finally {
    await releaseClaims(ledger, claims);
  }
}
