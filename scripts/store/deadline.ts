/** One time limit that can be restarted while bytes flow. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #milliseconds: number;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = Date.now();

  constructor(seconds: number) {
    this.#milliseconds = seconds * 1000;
  }
  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  start(): void {
    this.#timer ??= setTimeout(() => this.#controller.abort(), this.leftMs());
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
}
