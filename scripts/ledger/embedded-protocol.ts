/**
 * The little of PostgreSQL's wire protocol that lies between a connection of `pg` and a backend in this
 * process: where a batch of requests ends, and what an answer says of the transaction.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

const QUERY = 'Q'.charCodeAt(0);
const SYNC = 'S'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const NOTIFICATION = 'A'.charCodeAt(0);
const ERROR = 'E'.charCodeAt(0);
const READY = 'Z'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);

/** What a server says to one who logs in and needs no password. */
export function loginAnswer(): Buffer {
  const text = (type: string, ...parts: string[]) =>
    message(type, Buffer.from(parts.map((part) => `${part}\0`).join('')));
  return Buffer.concat([
    message('R', Buffer.alloc(4)),
    text('S', 'client_encoding', 'UTF8'),
    text('S', 'standard_conforming_strings', 'on'),
    message('K', Buffer.alloc(8)),
    message('Z', Buffer.from('I')),
  ]);
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** What a client sent, as far as it can be acted on: whole batches, in order. */
export type Request = { kind: 'login' } | { kind: 'end' } | { kind: 'batch'; bytes: Buffer };

/** Puts a client's bytes together to batches: each ends with what makes the backend answer that it is ready. */
export class RequestReader {
  #bytes = Buffer.alloc(0);
  #loggedIn = false;
  #batch: Buffer[] = [];

  *read(chunk: Buffer): Generator<Request> {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      // Only the first message has no type before its length.
      const typed = this.#loggedIn ? 1 : 0;
      if (this.#bytes.length < typed + 4) return;
      const size = typed + this.#bytes.readInt32BE(typed);
      if (this.#bytes.length < size) return;
      const whole = this.#bytes.subarray(0, size);
      this.#bytes = this.#bytes.subarray(size);
      if (!this.#loggedIn) {
        this.#loggedIn = true;
        yield { kind: 'login' };
        continue;
      }
      if (whole[0] === TERMINATE) {
        yield { kind: 'end' };
        return;
      }
      this.#batch.push(whole);
      if (whole[0] === QUERY || whole[0] === SYNC) {
        yield { kind: 'batch', bytes: Buffer.concat(this.#batch) };
        this.#batch = [];
      }
    }
  }
}

export type Answer = {
  /** For the connection that asked. */
  own: Buffer;
  /** Notifications, for every connection: the backend does not know which of them listens. */
  notifications: Buffer;
  /** Whether no transaction is left open. */
  idle: boolean;
  /** Why the backend has stopped for good, where it has. */
  end: string | null;
};

/** Takes an answer of the backend apart. */
export function readAnswer(bytes: Buffer): Answer {
  const own: Buffer[] = [];
  const notifications: Buffer[] = [];
  let idle = true;
  let end: string | null = null;
  for (let at = 0; at < bytes.length;) {
    const next = at + 1 + bytes.readInt32BE(at + 1);
    const whole = bytes.subarray(at, next);
    if (whole[0] === NOTIFICATION) notifications.push(whole);
    else own.push(whole);
    if (whole[0] === READY) idle = whole[5] === IDLE;
    if (whole[0] === ERROR) end ??= endOf(whole);
    at = next;
  }
  return { own: Buffer.concat(own), notifications: Buffer.concat(notifications), idle, end };
}

/** What an error says that a server does not outlive: of severity FATAL its session, of PANIC the whole. */
function endOf(error: Buffer): string | null {
  const fields = error.subarray(5).toString('utf8').split('\0');
  const field = (name: string) => fields.find((each) => each.startsWith(name))?.slice(1);
  return field('V') === 'PANIC' || field('V') === 'FATAL' ? (field('M') ?? 'no reason was given') : null;
}
