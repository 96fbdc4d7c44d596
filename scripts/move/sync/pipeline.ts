import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../contract/errors.ts';
import { claimRange, LeaseLost, releaseClaims, type Claim, type ClaimOptions } from '../../ledger/claims.ts';
import type { Pool } from '../../ledger/database.ts';
import { recordFailure } from '../../ledger/failures.ts';
import { StoreError } from '../../store/errors.ts';
import type { Piece } from './batches.ts';
import type { Merged } from '../common/merge.ts';
import { pause } from './pause.ts';
import { makeEqual } from './make-equal.ts';
import { Checkpoints, doneOf } from './checkpoint.ts';
import type { SyncStores } from './stores.ts';
import { TaskPool } from './task-pool.ts';

/** While an earlier worker's claim has not run out yet. */
const LOOK_EVERY_MS = 100;

export type PipelineContext = SyncStores & {
  ledger: Pool;
  claim: ClaimOptions;
  /** Keys in work at once, asked before each. */
  concurrency: () => number;
  /** So many keys in a row that fail by the store's trouble are no matter of single keys any more. */
  backoff: number;
  stop: AbortSignal;
  /** Where the shard ends by now, inclusive; null is the end of the bucket. */
  end: () => string | null;
  /** Whether S3 is no authority any more, or another epoch's workers have taken over. */
  isSuperseded: () => Promise<boolean>;
};

/** A batch of keys under its claims. */
type Batch = { claims: Claim[]; left: number; unanswered: boolean; settled: () => void };

/**
 * Settles the pieces of a shard. A batch is claimed on its range before its keys are looked at, and the next
 * one is claimed while it is in work, so that the pool never runs dry. Until a claim is released nobody else
 * changes these keys at the target. Keys that others hold are left to them, because their operation stays
 * open until both sides are equal.
 *
 * A key that fails is recorded and the rest goes on; a store that answers nothing any more ends it.
 */
export class Pipeline {
  readonly checkpoints: Checkpoints;
  /** Keys that failed in this pass. */
  readonly failed = new Set<string>();
  readonly #context: PipelineContext;
  readonly #pool: TaskPool;
  readonly #batches = new Set<Batch>();
  readonly #releases = new Set<Promise<void>>();
  readonly #halt = (): void => this.#pool.stop();
  #superseded = false;
  #leaseLost = false;
  #inARow = 0;

  constructor(context: PipelineContext, checkpoint: string) {
    this.#context = context;
    this.checkpoints = new Checkpoints(checkpoint);
    this.#pool = new TaskPool(context.concurrency);
    context.stop.addEventListener('abort', this.#halt, { once: true });
    if (context.stop.aborted) this.#halt();
  }

  /** False when nothing more is begun: it was stopped, has failed, or is superseded. */
  get isOpen(): boolean {
    return this.#pool.isOpen;
  }

  get superseded(): boolean {
    return this.#superseded;
  }

  /** Takes the next piece, in key order. Comes back when there is room for another one. */
  async add(piece: Piece): Promise<void> {
    const settled = this.checkpoints.add(piece);
    if (piece.open.length === 0) {
      settled();
      return;
    }
    await this.#pool.hungry();
    const claimed = await this.#claim(piece);
    if (claimed === null) return;
    const open = piece.open.filter(({ key }) => !claimed.held.has(key));
    const batch: Batch = { claims: claimed.claims, left: open.length, unanswered: false, settled };
    this.#batches.add(batch);
    if (open.length === 0) this.#end(batch);
    for (const merged of open) this.#pool.add(() => this.#work(batch, merged));
  }

  /** Ends the work with an error; the first one counts. */
  fail(error: unknown): void {
    this.#leaseLost ||= error instanceof LeaseLost;
    this.#pool.fail(error);
  }

  /** Nothing more is to be changed: applications write to Ceph, or another epoch began. */
  supersede(): void {
    this.#superseded = true;
    this.#pool.stop();
  }

  /** Waits until all that was added is settled, or nothing more is begun. */
  drain(): Promise<void> {
    return this.#pool.drained();
  }

  /** Waits for what is in work, and gives back every claim. */
  async finish(): Promise<void> {
    await this.drain();
    this.#context.stop.removeEventListener('abort', this.#halt);
    for (const batch of this.#batches) this.#release(batch);
    while (this.#releases.size > 0) await Promise.all(this.#releases);
  }

  /** Throws what ended the work. */
  throwIfFailed(): void {
    this.#pool.throwIfFailed();
  }

  async #claim(piece: Piece): Promise<{ claims: Claim[]; held: Set<string> } | null> {
    const { ledger, claim, stop, assertLive, isSuperseded } = this.#context;
    const range = { after: piece.after, until: piece.until ?? this.#context.end() };
    while (this.#pool.isOpen) {
      assertLive();
      const { claims, held } = await claimRange(ledger, { ...claim, ...range });
      if (claims.length > 0) return { claims, held: new Set(held) };
      if (await isSuperseded()) this.supersede();
      else await pause(LOOK_EVERY_MS, stop);
    }
    return null;
  }

  async #work(batch: Batch, merged: Merged): Promise<void> {
    try {
      const result = await makeEqual(this.#context, merged);
      this.#inARow = 0;
      this.checkpoints.count(doneOf(result));
    } catch (error) {
      this.#leaseLost ||= error instanceof LeaseLost;
      if (!(error instanceof StoreError)) throw error;
      if (error.code === 'UserSuspended') throw error;
      await this.#recordFailure(merged.key, error);
    } finally {
      const { target, move } = this.#context;
      batch.unanswered ||= target.unansweredMs(move.targetBucket, merged.key) > 0;
    }
    batch.left -= 1;
    if (batch.left === 0) this.#end(batch);
  }

  async #recordFailure(key: string, error: StoreError): Promise<void> {
    const { ledger, move, backoff } = this.#context;
    this.failed.add(key);
    await recordFailure(ledger, { move: move.name, key, stage: 'sync', reason: messageOf(error) });
    this.#inARow += 1;
    if (this.#inARow >= backoff && isStoresTrouble(error)) throw error;
  }

  #end(batch: Batch): void {
    batch.settled();
    this.#release(batch);
  }

  /**
   * Gives claims back. What got no answer may still be carried out, for as long as a request may take, also
   * where it was sent again, so they are kept that long. Claims that may be lost expire by themselves: the worker
   * that takes them over waits for our last request.
   */
  #release(batch: Batch): void {
    const { ledger, claim } = this.#context;
    this.#batches.delete(batch);
    if (this.#leaseLost) return;
    const release = async (): Promise<void> => {
      if (batch.unanswered) await sleep(claim.requestSeconds * 1000);
      if (!this.#leaseLost) await releaseClaims(ledger, batch.claims);
    };
    const released = release()
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.#releases.delete(released));
    this.#releases.add(released);
  }
}

/** Whether an error is about the store as a whole rather than about one object. */
function isStoresTrouble(error: StoreError): boolean {
  return error.retryable || error.code === 'QuotaExceeded';
}
