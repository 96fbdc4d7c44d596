/** One time limit that can be restarted while bytes flow. */
export class TimeLimit {
  readonly #milliseconds: number;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = Date.now();
  #expired = false;
  /** Called when the time is over. */
  onExpire: (() => void) | undefined;

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000;
  }
  get expired(): boolean {
    return this.#expired;
  }
  /** For what takes a signal; a callback costs less. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }
  start(): void {
    this.#timer ??= setTimeout(this.#expire, this.leftMs());
  }
  refresh(): void {
    this.#startedAt = Date.now();
    this.clear();
    this.start();
  }
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
  leftMs(): number {
    return Math.max(0, this.#startedAt + this.#milliseconds - Date.now());
  }
  readonly #expire = (): void => {
    this.#expired = true;
    this.#controller?.abort();
    this.onExpire?.();
  };
}
