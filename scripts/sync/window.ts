import { RESERVED_PREFIX } from '../environment.ts';
import { messageOf } from '../errors.ts';
import { claimRange, releaseClaims, type Claim } from '../ledger/claims.ts';
import type { Pool } from '../ledger/connect.ts';
import { recordFailure } from '../ledger/failures.ts';
import type { Shard } from '../ledger/shards.ts';
import { StoreError } from '../store/errors.ts';
import { compareKeys } from '../store/keys.ts';
import type { ListedObject } from '../store/object.ts';
import { mergeListings, type Merged } from './merge.ts';
import { settleKey, type Sides } from './settle-key.ts';
import { ours } from './start.ts';

/** So many keys, or so many bytes, are claimed at once: replay waits for them no longer than that. */
const WINDOW_KEYS = 256;
const WINDOW_BYTES = 64 * 1024 * 1024;

/** A piece of a shard with what the source has in it. */
export type Window = { after: string; until: string | null; objects: ListedObject[] };

export type WindowResult = {
  objects: number;
  bytes: number;
  copied: number;
  copiedBytes: number;
  deleted: number;
  /** False when it was asked to stop in the middle. */
  whole: boolean;
};

export type WindowContext = Sides & {
  ledger: Pool;
  /** Keys in work at once. */
  concurrency: number;
  stop: AbortSignal;
};

/** What the next window of a shard is, by one page of the source's listing. Throws when that fails. */
export async function nextWindow(sides: Pick<Sides, 'move' | 'source'>, shard: Shard): Promise<Window> {
  const after = shard.checkpoint;
  const page = await sides.source.listPage(sides.move.sourceBucket, { after, maxKeys: WINDOW_KEYS });
  return cutWindow(page, after, shard.until);
}

/** Ends the window at the shard's end, at `WINDOW_BYTES`, or at the page's. One key is always in it. */
export function cutWindow(
  page: { objects: ListedObject[]; truncated: boolean },
  after: string,
  until: string | null,
): Window {
  const inside = page.objects.filter(({ key }) => until === null || compareKeys(key, until) <= 0);
  const objects: ListedObject[] = [];
  let bytes = 0;
  for (const object of inside) {
    if (objects.length > 0 && bytes + object.size > WINDOW_BYTES) {
      break;
    }
    objects.push(object);
    bytes += object.size;
  }
  const last = objects.at(-1);
  // The source has nothing more up to the shard's end only when the page says so, by its own end or by
  // a key beyond.
  const complete =
    objects.length === page.objects.length ? !page.truncated : objects.length === inside.length;
  if (!complete && last === undefined) {
    throw new StoreError('A page of the listing is empty, and more should follow', {
      status: 0,
      code: 'MalformedAnswer',
    });
  }
  return { after, until: complete || last === undefined ? until : last.key, objects };
}

/**
 * Claims the keys of a window: until then nobody else changes them at the target. Keys that others hold
 * are left to them, because their operation stays open until both sides are equal.
 *
 * @returns null where an earlier worker's claim has not run out yet, or the epoch is another
 */
export async function claimWindow(
  ledger: Pool,
  window: Window,
  claim: { move: string; owner: string; epoch: bigint; leaseSeconds: number; requestSeconds: number },
): Promise<{ claims: Claim[]; held: Set<string> } | null> {
  const { claims, held } = await claimRange(ledger, { ...claim, after: window.after, until: window.until });
  return claims.length === 0 ? null : { claims, held: new Set(held) };
}

/**
 * Makes the target equal to the source for every key of a claimed window, and gives the claims back. A
 * key that fails is recorded and the rest goes on; a listing that fails, or a store that answers nothing
 * any more, throws.
 */
export async function syncWindow(
  context: WindowContext,
  window: Window,
  { claims, held }: { claims: Claim[]; held: Set<string> },
): Promise<WindowResult> {
  const { ledger, move, target, stop } = context;
  const counted = window.objects.filter(({ key }) => !key.startsWith(RESERVED_PREFIX));
  const result: WindowResult = {
    objects: counted.length,
    bytes: counted.reduce((sum, { size }) => sum + size, 0),
    copied: 0,
    copiedBytes: 0,
    deleted: 0,
    whole: true,
  };
  const failed: string[] = [];
  let inARow = 0;
  const settle = async (merged: Merged): Promise<void> => {
    try {
      const { outcome, copiedBytes } = await settleKey(context, merged);
      inARow = 0;
      result.copied += outcome === 'copied' ? 1 : 0;
      result.deleted += outcome === 'deleted' ? 1 : 0;
      result.copiedBytes += copiedBytes;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === 'UserSuspended') {
        throw error;
      }
      failed.push(merged.key);
      await recordFailure(ledger, {
        move: move.name,
        key: merged.key,
        stage: 'sync',
        reason: messageOf(error),
      });
      inARow += 1;
      // That is no matter of single keys any more: the store is away, or full.
      if (inARow >= 2 * context.concurrency && isStoresTrouble(error)) {
        throw error;
      }
    }
  };
  try {
    const listings = mergeListings(
      ours(asListing(window.objects)),
      ours(target.list(move.targetBucket, { after: window.after, until: window.until })),
    );
    const open = leaveOut(listings, held);
    await eachOf(open, context.concurrency, stop, settle);
    result.whole = !stop.aborted;
    if (result.whole) {
      await forgetFailures(ledger, move.name, window, failed);
    }
  } finally {
    await releaseClaims(ledger, claims);
  }
  return result;
}

/** Whether an error is about the store as a whole rather than about one object. */
export function isStoresTrouble(error: StoreError): boolean {
  return error.retryable || error.code === 'QuotaExceeded';
}

/** Works on so many items at once. The first error ends it, once the items in work have ended. */
export async function eachOf<T>(
  items: AsyncGenerator<T>,
  concurrency: number,
  stop: AbortSignal,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failed = false;
  const pull = async (): Promise<void> => {
    try {
      while (!failed && !stop.aborted) {
        const next = await items.next();
        if (next.done === true) {
          return;
        }
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: concurrency }, pull));
  await items.return(undefined);
  const rejected = results.find((result) => result.status === 'rejected');
  if (rejected !== undefined) {
    throw rejected.reason;
  }
}

async function* leaveOut(listings: AsyncGenerator<Merged>, held: Set<string>): AsyncGenerator<Merged> {
  for await (const merged of listings) {
    if (!held.has(merged.key)) {
      yield merged;
    }
  }
}

// eslint-disable-next-line @typescript-eslint/require-await
async function* asListing(objects: ListedObject[]): AsyncGenerator<ListedObject> {
  yield* objects;
}

/** One statement a window, not one a key: what did not fail now has no failure any more. */
async function forgetFailures(ledger: Pool, move: string, window: Window, failed: string[]): Promise<void> {
  await ledger.query(
    `DELETE FROM failed_key WHERE move = $1 AND stage = 'sync' AND key > $2
       AND ($3::text IS NULL OR key <= $3) AND key <> ALL ($4::text[])`,
    [move, window.after, window.until, failed],
  );
}
