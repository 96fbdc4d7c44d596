/**
 * What must be in the store, known from what one writer did: the reference that every read is held
 * against. Pure; times are milliseconds of one clock that does not jump.
 */

/** An object as it was written; null is "no object". */
export type Value = {
  etag: string;
  size: number;
  /** The digest of all bytes, where they have been read or written here. */
  md5?: string;
  /** A user metadata entry that only this write has; seeded objects have none. */
  mark?: string;
} | null;

/** `open`: under way or never answered; `acknowledged`: it happened; `unknown`: it may have. */
type Write = { value: Value; began: number; ended: number; outcome: 'open' | 'acknowledged' | 'unknown' };

/** Longer ago than any read or cache bound reaches back. */
const REMEMBERED_MS = 60_000;
/** Values kept beyond that, so that a lost write (the one before is back) shows as such, not as a wrong read. */
const FORMER_VALUES = 4;

export class KeyModel {
  #writes: Write[];
  #former: Value[] = [];
  /** Until then nothing may be written: an attempt without an answer may still arrive. */
  quietUntil = -Infinity;

  constructor(initial: Value) {
    this.#writes = [{ value: initial, began: -Infinity, ended: -Infinity, outcome: 'acknowledged' }];
  }

  begin(value: Value, at: number): void {
    this.#writes.push({ value, began: at, ended: Infinity, outcome: 'open' });
  }

  /** The write under way ended; `ambiguous` attempts may still arrive, so the key rests until `quietUntil`. */
  end(outcome: 'acknowledged' | 'unknown', at: number, quietUntil = -Infinity): void {
    const open = this.#writes.findLast((write) => write.outcome === 'open');
    if (open === undefined) throw new Error('No write is under way');
    open.outcome = outcome;
    if (outcome === 'acknowledged') open.ended = at;
    this.quietUntil = Math.max(this.quietUntil, quietUntil);
    this.#forget(at);
  }

  /** The write under way was refused: it has certainly not happened. */
  refuse(): void {
    const open = this.#writes.findLastIndex((write) => write.outcome === 'open');
    if (open >= 0) this.#writes.splice(open, 1);
  }

  /** A read, begun after the key had rested, decides which of the possible values it is. */
  settle(value: Value, at: number): void {
    this.#writes.push({ value, began: at, ended: at, outcome: 'acknowledged' });
    this.#forget(at);
  }

  get underWay(): boolean {
    return this.#writes.some((write) => write.outcome === 'open');
  }

  /** Whether one value is known to be there. */
  get certain(): boolean {
    return this.#writes.at(-1)?.outcome === 'acknowledged';
  }

  /** The last acknowledged value. */
  get current(): Value {
    return this.#writes.findLast((write) => write.outcome === 'acknowledged')?.value ?? null;
  }

  /** Every value that was current at some moment of a read that lasted from `from` to `to`. */
  possible(from: number, to: number): Value[] {
    // What an acknowledged write replaced cannot be seen by a read that begins after the acknowledgement.
    const first = this.#writes.findLastIndex(
      (write) => write.outcome === 'acknowledged' && write.ended < from,
    );
    return this.#writes
      .slice(Math.max(first, 0))
      .flatMap((write) => (write.began <= to ? [write.value] : []));
  }

  /** Whether a value was there once and was replaced since. */
  wasFormer(value: Value): boolean {
    const before = this.#writes.slice(0, -1).map((write) => write.value);
    return [...this.#former, ...before].some((former) => sameValue(former, value));
  }

  #forget(now: number): void {
    const keep = this.#writes.findLastIndex(
      (write) => write.outcome === 'acknowledged' && write.ended < now - REMEMBERED_MS,
    );
    const recent = this.#writes.findLastIndex((write) => write.outcome === 'acknowledged');
    const cut = Math.min(keep, recent);
    if (cut <= 0) return;
    this.#former = [...this.#former, ...this.#writes.slice(0, cut).map((write) => write.value)].slice(
      -FORMER_VALUES,
    );
    this.#writes = this.#writes.slice(cut);
  }
}

/**
 * Whether what was read is what was written: by the digest of the bytes where both have one, else by ETag.
 * The ETag of an upload in parts depends on how it was cut, and a store that hides its boundaries (RGW
 * 16.2.15 ignores `partNumber`) may hand on the same bytes under another: there size and mark must do, until
 * somebody reads the bytes.
 */
export function sameValue(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  if (a.size !== b.size || (a.mark !== undefined && b.mark !== undefined && a.mark !== b.mark)) return false;
  const [left, right] = [digestOf(a), digestOf(b)];
  return left === undefined || right === undefined || left === right;
}

function digestOf({ etag, md5 }: NonNullable<Value>): string | undefined {
  return md5 ?? (etag.includes('-') ? undefined : etag);
}

export type Violation = 'lost' | 'resurrected' | 'wrong' | 'stale';

/**
 * Holds what was read against what may have been there. Null when it is right.
 *
 * `lost`: an acknowledged write is not there (nothing is, or what it replaced). `resurrected`: something is
 * there that was deleted. `wrong`: anything else. `stale`: through the cache, a value older than its bound.
 */
export function judge(
  model: KeyModel,
  read: Value,
  window: { from: number; to: number },
  through: 'direct' | 'cache',
): Violation | null {
  const possible = model.possible(window.from, window.to);
  if (possible.some((value) => sameValue(value, read))) return null;
  const former = model.wasFormer(read);
  if (through === 'cache' && former) return 'stale';
  if (read === null) return 'lost';
  if (possible.every((value) => value === null)) return 'resurrected';
  return former ? 'lost' : 'wrong';
}
