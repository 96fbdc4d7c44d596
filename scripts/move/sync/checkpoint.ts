import type { Piece } from './batches.ts';
import type { KeyResult } from './stores.ts';

/** What was done since the last checkpoint. */
export type Done = { copied: number; copiedBytes: number; deleted: number };
export type Checkpoint = Done & { checkpoint: string; objects: number; bytes: number };

/** What came of one key, as it is counted. */
export function doneOf({ outcome, copied = 1, copiedBytes }: KeyResult): Done {
  const isCopied = outcome === 'copied';
  return {
    copied: isCopied ? copied : 0,
    copiedBytes: isCopied ? copiedBytes : 0,
    deleted: outcome === 'deleted' ? 1 : 0,
  };
}

/**
 * Pieces of a shard are settled in any order; a checkpoint advances in key order, over those alone that are
 * settled with everything before them. What was copied counts at once: a piece that is cut short is looked
 * at again, and its copies are then equal.
 */
export class Checkpoints {
  #checkpoint: string;
  #objects = 0;
  #bytes = 0;
  #done: Done = { copied: 0, copiedBytes: 0, deleted: 0 };
  readonly #pieces: { piece: Pick<Piece, 'until' | 'objects' | 'bytes'>; settled: boolean }[] = [];
  #whole = false;

  constructor(checkpoint: string) {
    this.#checkpoint = checkpoint;
  }

  /** Whether the last piece, which reaches to the end, is settled with all before it. */
  get whole(): boolean {
    return this.#whole;
  }

  /** Adds the next piece, in key order. @returns what to call when it is settled */
  add(piece: Pick<Piece, 'until' | 'objects' | 'bytes'>): () => void {
    const entry = { piece, settled: false };
    this.#pieces.push(entry);
    return () => {
      entry.settled = true;
      this.#advance();
    };
  }

  count(done: Done): void {
    this.#done.copied += done.copied;
    this.#done.copiedBytes += done.copiedBytes;
    this.#done.deleted += done.deleted;
  }

  /** What to write now; counted from then on as written. */
  take(): Checkpoint {
    const taken = {
      ...this.#done,
      checkpoint: this.#checkpoint,
      objects: this.#objects,
      bytes: this.#bytes,
    };
    this.#done = { copied: 0, copiedBytes: 0, deleted: 0 };
    this.#objects = 0;
    this.#bytes = 0;
    return taken;
  }

  #advance(): void {
    while (this.#pieces[0]?.settled === true) {
      const piece = this.#pieces.shift()?.piece;
      if (piece === undefined) return;
      this.#objects += piece.objects;
      this.#bytes += piece.bytes;
      if (piece.until === null) this.#whole = true;
      else this.#checkpoint = piece.until;
    }
  }
}
