import { setTimeout as sleep } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import { Pool, type Dispatcher } from 'undici';
import type { Credentials, CredentialsProvider } from './identity/ambient.ts';
import type { StoreEndpoint } from '../contract/environment.ts';
import { TimeLimit } from './time-limit.ts';
import { hasCode, StoreError } from './errors.ts';
import { exchange, flatHeaders } from './exchange.ts';
import type { Throttle } from './throttle.ts';
import { splitBucket } from './bucket-name.ts';
import {
  encodeKey,
  encodePart,
  encodeQuery,
  EMPTY_SHA256,
  sha256,
  Signer,
  UNSIGNED_PAYLOAD,
} from './signing.ts';
import { connectionTrouble, mayHaveBeenDone, mayRepeat, nameOf, refused } from './trouble.ts';
import { Unanswered } from './unanswered.ts';
import type { StoreRequest } from './request.ts';

export type StoreAnswer = { status: number; headers: Record<string, string>; text: string };
/** `bytes` is null where the body is bigger than was asked for. */
export type HeldAnswer = { status: number; headers: Record<string, string>; bytes: Buffer | null };
export type StreamedAnswer = { status: number; headers: Record<string, string>; body: Readable };

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 50;
/**
 * A store closes what has idled for long without a word (RGW's civetweb after 1 s, Amazon S3 after some), and a
 * change that meets this may have been done or not: its object must be left alone for `requestSeconds`.
 */
const IDLE_MS = 500;

/**
 * Sends signed requests to one endpoint. Never reads proxies or AWS_* from the process's environment.
 *
 * Deadlines: a request has `requestSeconds`. With a streamed body the time runs from its last chunk, and
 * so does the download of a streamed answer: big objects may take as long as they flow. All attempts at
 * one change share one deadline, because a worker that takes over a claim waits exactly that long.
 */
export class Transport {
  readonly requestSeconds: number;
  readonly endpoint: StoreEndpoint;
  /** The folder that all keys are in; '' is the whole bucket. */
  readonly prefix: string;
  readonly unanswered = new Unanswered();
  readonly #origin: URL;
  readonly #pool: Pool;
  readonly #credentials: CredentialsProvider | null;
  readonly #service: 's3' | 'sns';
  #signing: { credentials: Credentials; signer: Signer } | undefined;
  readonly #attempts: number;
  readonly #pace: Throttle | undefined;
  readonly #authorities: string[] | undefined;

  constructor(
    endpoint: StoreEndpoint,
    credentials: CredentialsProvider | null,
    options: {
      requestSeconds: number;
      connections?: number | undefined;
      attempts?: number | undefined;
      service?: 's3' | 'sns';
      pace?: Throttle | undefined;
      /** Certificates in PEM that are trusted in place of Node's own. */
      authorities?: string[] | undefined;
    },
  ) {
    this.endpoint = endpoint;
    this.prefix = endpoint.prefix ?? '';
    this.requestSeconds = options.requestSeconds;
    this.#attempts = options.attempts ?? ATTEMPTS;
    this.#origin = new URL(endpoint.endpoint);
    this.#pool = new Pool(this.#origin.origin, {
      connections: options.connections ?? 32,
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      connect: {
        timeout: options.requestSeconds * 1000,
        ...(options.authorities !== undefined && { ca: options.authorities }),
      },
      headersTimeout: 0,
      bodyTimeout: options.requestSeconds * 1000,
    });
    this.#credentials = credentials;
    this.#service = options.service ?? 's3';
    this.#pace = options.pace;
    this.#authorities = options.authorities;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  /** To the same store, without a signature, and one request at a time. */
  anonymous(): Transport {
    const { requestSeconds } = this;
    return new Transport(this.endpoint, null, {
      requestSeconds,
      connections: 1,
      pace: this.#pace,
      authorities: this.#authorities,
    });
  }

  /** Sends and reads the whole answer. Throws a StoreError for every status but 2xx. */
  async send(request: StoreRequest): Promise<StoreAnswer> {
    const { status, headers, bytes } = await this.read(request);
    return { status, headers, text: bytes?.toString('utf8') ?? '' };
  }

  /** As `send`, but as bytes, and no more of them than `atMost`: a bigger answer comes without its body. */
  async read(named: StoreRequest, atMost = Infinity): Promise<HeldAnswer> {
    const request = this.#placed(named);
    return this.#repeat(request, async (deadline) => {
      const options = await this.#signed(request, deadline);
      try {
        const { status, headers, body } = await exchange(this.#pool, options, deadline, atMost);
        if (status >= 200 && status < 300) return { status, headers, bytes: body };
        throw refused(request, status, body?.toString('utf8') ?? '');
      } catch (error) {
        throw this.#explain(request, error, deadline);
      }
    });
  }

  /** Sends a GET and hands on the body as it comes. */
  async stream(named: StoreRequest): Promise<StreamedAnswer> {
    const request = this.#placed(named);
    return this.#repeat(request, async (deadline) => {
      const answer = await this.#attempt(request, deadline);
      deadline.clear(); // the body has undici's own
      // A reader of the body still gets its errors; a body that nobody reads to the end must not end
      // the process.
      answer.body.on('error', () => undefined);
      return answer;
    });
  }

  /** A URL that anyone may use until it expires. Signs `host` only. */
  async presign(method: string, bucket: string, key: string, expiresSeconds: number): Promise<string> {
    const { host, path } = this.#address(bucket, this.prefix + key);
    const signer = await this.#signer();
    if (signer === null) {
      throw new TypeError('an anonymous client cannot presign');
    }
    const query = signer.presign({ method, path, query: {}, headers: { host } }, expiresSeconds);
    return `${this.#origin.protocol}//${host}${path}?${query}`;
  }

  /** Null where nothing is signed. A signer keeps the key of the day, so it lives as long as its credentials. */
  async #signer(): Promise<Signer | null> {
    if (this.#credentials === null) return null;
    const credentials = await this.#credentials();
    const standing = this.#signing;
    if (
      standing?.credentials.secretAccessKey === credentials.secretAccessKey &&
      standing.credentials.sessionToken === credentials.sessionToken
    ) {
      return standing.signer;
    }
    const signer = new Signer(credentials, { region: this.endpoint.region, service: this.#service });
    this.#signing = { credentials, signer };
    return signer;
  }

  /** Keys are named without the endpoint's folder. What has no bucket is no object. */
  #placed(request: StoreRequest): StoreRequest {
    if (this.prefix === '' || request.bucket === undefined || request.key === undefined) return request;
    return { ...request, key: this.prefix + request.key };
  }

  #address(bucket: string | undefined, key: string | undefined): { host: string; path: string } {
    const host = this.#origin.host;
    if (bucket === undefined) {
      return { host, path: `/${key === undefined ? '' : encodeKey(key)}` };
    }
    const tail = key === undefined ? '' : encodeKey(key);
    // A tenant fits no host name; its colon is encoded, as the signature has it.
    if (this.endpoint.addressing === 'virtual' && splitBucket(bucket).tenant === null) {
      return { host: `${bucket}.${host}`, path: `/${tail}` };
    }
    const name = encodePart(bucket);
    return { host, path: key === undefined ? `/${name}` : `/${name}/${tail}` };
  }

  async #repeat<T>(request: StoreRequest, attempt: (deadline: TimeLimit) => Promise<T>): Promise<T> {
    const reads = request.method === 'GET' || request.method === 'HEAD';
    const bytes = Buffer.isBuffer(request.body) ? request.body.length : 0;
    let shared: TimeLimit | undefined;
    for (let count = 1; ; count++) {
      const turn = this.#pace?.admit(1, bytes);
      if (turn !== undefined) await turn;
      shared ??= new TimeLimit(this.requestSeconds);
      const deadline = reads && count > 1 ? new TimeLimit(this.requestSeconds) : shared;
      try {
        request.assertLive?.();
        const answer = await attempt(deadline);
        this.#pace?.succeeded();
        return answer;
      } catch (error) {
        if (isCongestion(error)) this.#pace?.congested();
        if (!reads && mayHaveBeenDone(error)) this.unanswered.note(request, this.requestSeconds);
        const pause = FIRST_PAUSE_MS * 2 ** count * (0.5 + Math.random());
        const again =
          count < this.#attempts && mayRepeat(request, error) && (reads || shared.leftMs() > pause);
        if (!again) {
          throw error;
        }
        await sleep(pause);
      } finally {
        deadline.clear();
      }
    }
  }

  /** What goes over the wire; the deadline runs from here. */
  async #signed(request: StoreRequest, deadline: TimeLimit): Promise<Dispatcher.DispatchOptions> {
    const { host, path } = this.#address(request.bucket, request.key);
    const query = request.query ?? {};
    const { body, method } = request;
    const digest =
      body === undefined ? EMPTY_SHA256 : method === 'POST' ? sha256(body as Buffer) : UNSIGNED_PAYLOAD;
    const headers: Record<string, string> = { ...request.headers, host, 'x-amz-content-sha256': digest };
    if (Buffer.isBuffer(body)) {
      headers['content-length'] = String(body.length);
    } else if (body === undefined && (method === 'PUT' || method === 'POST')) {
      headers['content-length'] = '0';
    }
    const search = request.query === undefined ? '' : encodeQuery(query);
    const signer = await this.#signer();
    deadline.start();
    return {
      method,
      path: search === '' ? path : `${path}?${search}`,
      headers: signer?.sign({ method, path, query, search, headers }) ?? request.headers ?? {},
      // undici takes any iterable, which spares a stream's own buffer; its type does not say so.
      body:
        body === undefined || Buffer.isBuffer(body)
          ? (body ?? null)
          : (this.#guarded(body, request, deadline) as unknown as Readable),
      // Left to itself undici closes the connection after each HEAD, in case the answer has a body after all.
      reset: false,
    };
  }

  async #attempt(request: StoreRequest, deadline: TimeLimit): Promise<StreamedAnswer> {
    const options = await this.#signed(request, deadline);
    try {
      const answer = await this.#pool.request({ ...options, signal: deadline.signal });
      const headers = flatHeaders(answer.headers);
      if (answer.statusCode >= 200 && answer.statusCode < 300) {
        return { status: answer.statusCode, headers, body: answer.body };
      }
      throw refused(request, answer.statusCode, await this.#text(answer.body, deadline));
    } catch (error) {
      throw this.#explain(request, error, deadline);
    }
  }

  async #text(body: Readable, deadline: TimeLimit): Promise<string> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of body) {
        chunks.push(chunk as Buffer);
      }
    } catch (error) {
      throw this.#explain({ method: 'GET' }, error, deadline);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  /** Turns what undici throws into a StoreError; lets through what our own code threw (LeaseLost). */
  #explain(request: StoreRequest, error: unknown, deadline: TimeLimit): unknown {
    if (error instanceof StoreError) {
      return error;
    }
    const where = `${request.method} ${this.#origin.origin}${nameOf(request)}`;
    if (deadline.expired) {
      // A full OSD or pool lets a write hang without an answer, while reads go on.
      const hint = request.method === 'PUT' ? ' (a full cluster lets writes hang)' : '';
      return new StoreError(`${where}: no answer within ${this.requestSeconds} s${hint}`, {
        status: 0,
        code: 'Deadline',
        cause: error,
      });
    }
    return connectionTrouble(error, where);
  }

  /** Hands on a body chunk by chunk while the lease lives; the deadline restarts with each. */
  async *#guarded(
    body: AsyncIterable<Buffer>,
    request: StoreRequest,
    deadline: TimeLimit,
  ): AsyncGenerator<Buffer> {
    for await (const bytes of body) {
      const turn = this.#pace?.admit(0, bytes.length);
      if (turn !== undefined) {
        deadline.clear();
        await turn;
      }
      request.assertLive?.();
      deadline.refresh();
      yield bytes;
    }
  }
}

/** Whether a store said that it is too much, or was too busy to say anything. */
function isCongestion(error: unknown): boolean {
  return (
    error instanceof StoreError &&
    (error.status === 503 || error.status === 429 || hasCode(error, 'Deadline', 'SlowDown'))
  );
}
