import { messageOf } from '../../contract/errors.ts';
import { applicationOf, answeredBy, isPublic, report, type Shared } from './shared.ts';
import { RequestFailed } from './attempts.ts';
import type { Holdings } from './holdings.ts';
import { judge, type Value } from './model.ts';
import type { ReadKind } from './operations.ts';
import { publicPath, readHead, readRange, readWhole } from './reading.ts';

/** How long a presigned URL is good for, in seconds: it is used at once. */
const PRESIGNED_SECONDS = 60;

type Answer = { value: Value; by: 's3' | 'ceph' | 'cache'; wrongBytes?: string };

/** The reads of a client, each held against what must be there. */
export class Reads {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  async run(kind: ReadKind, holdings: Holdings): Promise<void> {
    if (kind === 'list') return this.#list(holdings);
    const key = holdings.toRead(this.#shared.random);
    if (key === undefined) return;
    const through = kind === 'cached' && isPublic(this.#shared, holdings.move) ? 'cache' : 'direct';
    const operation = kind === 'cached' && through === 'direct' ? 'get' : kind;
    const from = this.#shared.now();
    let answer: Answer;
    try {
      answer = await this.#read(operation, holdings, key);
    } catch (error) {
      this.#failed(operation, holdings.move, key, error);
      return;
    }
    const to = this.#shared.now();
    this.#shared.statistics.acknowledged(operation, answer.by, to - from, false);
    const staleMs = through === 'cache' ? this.#shared.environment.cacheTier.maxStaleSeconds * 1000 : 0;
    this.#check(holdings, key, answer.value, { from: from - staleMs, to }, through, operation);
    if (answer.wrongBytes !== undefined) {
      report(this.#shared, 'wrong', { operation, move: holdings.move, key, detail: answer.wrongBytes });
    }
  }

  /** Reads a key whose last write had no clear outcome, which decides it. */
  async settle(holdings: Holdings, key: string): Promise<void> {
    const { move } = holdings;
    const { now, journal } = this.#shared;
    const from = now();
    const application = applicationOf(this.#shared, move);
    try {
      const { result: value } = await application.read(({ client, bucket }) =>
        readWhole(client, bucket, key),
      );
      this.#check(holdings, key, value, { from, to: now() }, 'direct', 'settle');
      const at = now();
      holdings.model(key).settle(value, at);
      journal.append({ type: 'settled', at, move, key, value });
    } catch (error) {
      this.#failed('settle', move, key, error);
    }
  }

  async #read(kind: Exclude<ReadKind, 'list'>, holdings: Holdings, key: string): Promise<Answer> {
    const { environment, plain, random } = this.#shared;
    const { move } = holdings;
    const application = applicationOf(this.#shared, move);
    if (kind === 'cached') {
      const bucket = environment.moves.find(({ name }) => name === move)?.targetBucket ?? '';
      // The public address stays the same through the whole move; only what is behind it turns.
      const { result } = await application.read(({ client }) =>
        plain.read(environment.cacheTier.endpoint, publicPath(bucket, key), client.requestSeconds),
      );
      return { value: result, by: 'cache' };
    }
    const { result } = await application.read(async (target): Promise<Answer> => {
      const { client, bucket } = target;
      const by = answeredBy(this.#shared, move, target);
      if (kind === 'get') return { value: await readWhole(client, bucket, key), by };
      if (kind === 'head') return { value: await readHead(client, bucket, key), by };
      if (kind === 'presigned') {
        const url = await client.presign('GET', bucket, key, { expiresSeconds: PRESIGNED_SECONDS });
        const origin = /^https?:\/\/[^/]+/.exec(url)?.[0] ?? '';
        return { value: await plain.read(origin, url.slice(origin.length), client.requestSeconds), by };
      }
      const size = holdings.model(key).current?.size ?? 0;
      const first = Math.floor(random() * size);
      const last = Math.max(first, Math.min(size - 1, first + 4095));
      const read = await readRange(client, bucket, key, { first, last });
      const expected = size === 0 ? 0 : last - first + 1;
      return {
        value: read.value,
        by,
        ...(read.value !== null && read.value.size === size && read.bytes !== expected
          ? { wrongBytes: `asked for ${expected} bytes from ${first}, got ${read.bytes}` }
          : {}),
      };
    });
    return result;
  }

  /** Lists the client's own prefix; it must be exactly what the client has there. */
  async #list(holdings: Holdings): Promise<void> {
    const { now, statistics } = this.#shared;
    const { move, prefix } = holdings;
    const from = now();
    const listed = new Map<string, Value>();
    let by: 's3' | 'ceph' = 's3';
    try {
      await applicationOf(this.#shared, move).read(async (target) => {
        listed.clear();
        by = answeredBy(this.#shared, move, target);
        // All pages come from the store that the listing began with.
        for await (const { key, etag, size } of target.client.list(target.bucket, { prefix })) {
          listed.set(key, { etag, size });
        }
      });
    } catch (error) {
      this.#failed('list', move, prefix, error);
      return;
    }
    const to = now();
    statistics.acknowledged('list', by, to - from, false);
    for (const key of new Set([...listed.keys(), ...holdings.uploads])) {
      this.#check(holdings, key, listed.get(key) ?? null, { from, to }, 'direct', 'list');
    }
  }

  #check(
    holdings: Holdings,
    key: string,
    read: Value,
    window: { from: number; to: number },
    through: 'direct' | 'cache',
    operation: string,
  ): void {
    if (holdings.isSpoiled(key)) return;
    const model = holdings.model(key);
    const violation = judge(model, read, window, through);
    if (violation === null) return;
    // A stale answer of the cache passes; in the store itself the key stays wrong.
    if (violation !== 'stale') holdings.spoil(key);
    const possible = model.possible(window.from, window.to).map((value) => JSON.stringify(value));
    const detail = `read ${JSON.stringify(read)}, possible were ${possible.join(' or ')}`;
    report(this.#shared, violation, { operation, move: holdings.move, key, detail });
  }

  #failed(operation: string, move: string, key: string, error: unknown): void {
    if (!(error instanceof RequestFailed)) throw error;
    report(this.#shared, 'failed', { operation, move, key, detail: messageOf(error) });
  }
}
