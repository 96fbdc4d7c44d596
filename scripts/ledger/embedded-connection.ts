import { Duplex } from 'node:stream';
import type { Backend } from './embedded.ts';
import { loginAnswer, readAnswer, RequestReader } from './embedded-protocol.ts';

/**
 * What `pg` takes for its socket: a connection to a backend in this process, which serves one at a time. A
 * connection has it from its first statement until no transaction of its own is open; the others wait.
 */
export class EmbeddedConnection extends Duplex {
  readonly #open: () => Promise<Backend>;
  readonly #requests = new RequestReader();
  #backend: Backend | undefined;
  /** Gives the backend back; there while a transaction is open. */
  #giveBack: (() => void) | undefined;

  constructor(open: () => Promise<Backend>) {
    super({ autoDestroy: true });
    this.#open = open;
  }

  // What pg asks of a socket.
  connect(): this {
    this.#open().then(
      (backend) => {
        this.#backend = backend;
        backend.connections.add(this);
        this.emit('connect');
      },
      (error: Error) => this.destroy(error),
    );
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    // Everything is pushed as it comes: an answer is as big as the query made it.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#serve(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#backend?.connections.delete(this);
    this.#rollBack().then(
      () => done(error),
      (failed: Error) => done(error ?? failed),
    );
  }

  async #serve(chunk: Buffer): Promise<void> {
    for (const request of this.#requests.read(chunk)) {
      if (request.kind === 'login') this.push(loginAnswer());
      else if (request.kind === 'batch') await this.#ask(request.bytes);
    }
  }

  async #ask(bytes: Buffer): Promise<void> {
    const backend = this.#backend;
    if (backend === undefined) throw new Error('a statement came before the connection was there');
    this.#giveBack ??= await backend.take();
    try {
      const { own, notifications, idle, end } = readAnswer(await backend.ask(bytes));
      if (end !== null) backend.stop(end);
      this.push(own);
      if (notifications.length > 0) for (const each of backend.connections) each.push(notifications);
      if (idle || end !== null) this.#free();
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  #free(): void {
    this.#giveBack?.();
    this.#giveBack = undefined;
  }

  /** A connection that breaks off leaves no transaction behind, as with a server. */
  async #rollBack(): Promise<void> {
    if (this.#giveBack === undefined) return;
    try {
      await this.#backend?.rollBack();
    } finally {
      this.#free();
    }
  }
}
