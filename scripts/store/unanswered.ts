import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Changes of objects that were sent and got no answer, though one that was sent again may have got it: the
 * store may still carry the first out, and its bytes may be older than what is written meanwhile.
 */
export class Unanswered {
  /** By object: until when (monotonic milliseconds) one may land. */
  readonly #until = new Map<string, number>();

  note(object: { bucket?: string; key?: string }, seconds: number): void {
    const now = performance.now();
    for (const [id, until] of this.#until) if (until <= now) this.#until.delete(id);
    this.#until.set(idOf(object), now + seconds * 1000);
  }

  /** For how long a change of this object may still come; 0: none may. */
  leftMs(object: { bucket: string; key: string }): number {
    if (this.#until.size === 0) return 0;
    const until = this.#until.get(idOf(object));
    return until === undefined ? 0 : Math.max(0, until - performance.now());
  }
}

function idOf({ bucket, key }: { bucket?: string; key?: string }): string {
  return `${bucket}/${key}`;
}

/**
 * Waits until no change of an object can land any more that was sent through this client and got no answer. For
 * before a last look at it, or before its claim is given back.
 */
export async function untilAnswered(
  client: { unansweredMs(bucket: string, key: string): number },
  bucket: string,
  key: string,
): Promise<void> {
  const left = client.unansweredMs(bucket, key);
  if (left > 0) await sleep(left);
}
