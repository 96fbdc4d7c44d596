/** Locks within this process, by name: first come, first served. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  isTaken(name: string): boolean {
    return this.#last.has(name);
  }

  /** Waits for its turn. @returns what ends it; calling that twice does no harm */
  async take(name: string): Promise<() => void> {
    const before = this.#last.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(name, promise);
    await before;
    return () => {
      if (this.#last.get(name) === promise) this.#last.delete(name);
      resolve();
    };
  }
}
