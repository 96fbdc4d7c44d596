/**
 * Writes what comes while a write is on its way together in the next one: a store that pushes a hundred
 * messages at once costs two commits, not a hundred. One write at a time, in the order of arrival.
 */
export class GroupCommit<T> {
  readonly #write: (items: T[]) => Promise<void>;
  #waiting: { items: readonly T[]; written: PromiseWithResolvers<void> }[] = [];
  #writing = false;

  /** @param write one transaction: durable when it resolves; when it rejects nothing of it was written */
  constructor(write: (items: T[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when all of `items` are durable; rejects with the failure of the write that they were part of. */
  async add(items: readonly T[]): Promise<void> {
    if (items.length === 0) return;
    const written = Promise.withResolvers<void>();
    this.#waiting.push({ items, written });
    if (!this.#writing) void this.#drain();
    await written.promise;
  }

  /** Never rejects: a failure goes to those whose items it concerns. */
  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.flatMap(({ items }) => items));
        for (const { written } of batch) written.resolve();
      } catch (error) {
        for (const { written } of batch) written.reject(error);
      }
    }
    this.#writing = false;
  }
}
