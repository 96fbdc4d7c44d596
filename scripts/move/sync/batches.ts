import type { Merged, Stretch } from '../common/merge.ts';

/** So many keys, or so many bytes, are claimed at once: replay waits for them no longer than that. */
const BATCH_KEYS = 256;
const BATCH_BYTES = 64 * 1024 * 1024;
/** A batch of few keys is held back for no more listed keys than about that, and claims no more. */
const BATCH_SPAN = 4096;

/** A piece of a shard, (after, until], and what is to be looked at in it. */
export type Piece = {
  after: string;
  /** Null: to the end of the shard. */
  until: string | null;
  /** Of the source. */
  objects: number;
  bytes: number;
  open: Merged[];
};

/** A place in the merged listings, and how much of the source is before it. */
type Place = { key: string; objects: number; bytes: number };

/**
 * Cuts the merged listings of a shard into pieces that follow each other without a gap: each has a batch of
 * open keys, or none at all. So what is equal is claimed by nobody, but for what lies within a batch.
 */
export class Batches {
  #start: Place;
  /** The last open key of the piece in the making. */
  #lastOpen: Place;
  /** All that was added. */
  #end: Place;
  #open: Merged[] = [];
  #openBytes = 0;

  constructor(after: string) {
    this.#start = this.#lastOpen = this.#end = { key: after, objects: 0, bytes: 0 };
  }

  /** The pieces that are complete with this stretch. */
  add(stretch: Stretch): Piece[] {
    if (stretch.last === null) return [];
    const done: Piece[] = [];
    const before = this.#end;
    for (const { merged, objects, bytes } of stretch.open) {
      const size = merged.kind === 'extra' ? 0 : merged.source.size;
      const isFull = this.#open.length >= BATCH_KEYS || this.#openBytes + size > BATCH_BYTES;
      if (isFull && this.#open.length > 0) done.push(this.#cut(this.#lastOpen));
      this.#open.push(merged);
      this.#openBytes += size;
      this.#lastOpen = { key: merged.key, objects: before.objects + objects, bytes: before.bytes + bytes };
    }
    this.#end = {
      key: stretch.last,
      objects: before.objects + stretch.objects,
      bytes: before.bytes + stretch.bytes,
    };
    const span = this.#end.objects - this.#start.objects;
    if (this.#open.length === 0 || span >= BATCH_SPAN) done.push(this.#cut(this.#end));
    return done;
  }

  /** What is left of what was added. */
  rest(): Piece {
    return this.#cut(this.#end);
  }

  #cut(at: Place): Piece {
    const piece: Piece = {
      after: this.#start.key,
      until: at.key,
      objects: at.objects - this.#start.objects,
      bytes: at.bytes - this.#start.bytes,
      open: this.#open,
    };
    this.#start = at;
    this.#open = [];
    this.#openBytes = 0;
    return piece;
  }
}
