import { applicationOf, answeredBy, isPublic, report, type Shared } from './shared.ts';
import { hasCode } from '../../store/errors.ts';
import { RequestFailed, type Target } from './attempts.ts';
import type { Holdings } from './holdings.ts';
import type { Value } from './model.ts';
import type { WriteKind } from './operations.ts';
import { MARK } from './reading.ts';

const MIB = 1024 * 1024;
const MOST_DELETED_AT_ONCE = 5;

type Write = { key: string; value: Value };
type Send = (target: Target) => Promise<void>;

/** The writes of a client: journalled before they leave and after they are acknowledged. */
export class Writes {
  readonly #number: number;
  readonly #shared: Shared;

  constructor(number: number, shared: Shared) {
    this.#number = number;
    this.#shared = shared;
  }

  async run(kind: WriteKind, holdings: Holdings): Promise<void> {
    const { random, now } = this.#shared;
    switch (kind) {
      case 'create':
      case 'overwrite': {
        const id = this.#shared.nextId();
        const key =
          kind === 'overwrite'
            ? holdings.toOverwrite(random, now())
            : holdings.toCreate(
                random,
                now(),
                `${id}${isPublic(this.#shared, holdings.move) ? '.jpg' : '.json'}`,
              );
        return key === undefined ? undefined : this.#put(kind, id, holdings, key);
      }
      case 'delete': {
        const key = holdings.toDelete(random, now());
        if (key === undefined) return;
        return this.#write(
          kind,
          this.#shared.nextId(),
          holdings,
          [{ key, value: null }],
          async ({ client, bucket }) => {
            await client.delete(bucket, key);
          },
        );
      }
      case 'delete-many': {
        const keys = new Set<string>();
        for (let draw = 0; draw < MOST_DELETED_AT_ONCE; draw++) {
          const key = holdings.toDelete(random, now());
          if (key !== undefined) keys.add(key);
        }
        if (keys.size === 0) return;
        const writes = [...keys].map((key) => ({ key, value: null }));
        return this.#write(kind, this.#shared.nextId(), holdings, writes, ({ client, bucket }) =>
          client.deleteMany(bucket, [...keys]),
        );
      }
      case 'multipart':
        return this.#multipart(holdings);
    }
  }

  async #put(kind: WriteKind, id: number, holdings: Holdings, key: string): Promise<void> {
    const size = 2_000 + Math.floor(this.#shared.random() ** 3 * 120_000);
    const mark = `client-${this.#number}-write-${id}`;
    const { body, value } = this.#shared.bodies.make(mark, size);
    await this.#write(kind, id, holdings, [{ key, value }], async ({ client, bucket }) => {
      await client.put(bucket, key, body, {
        headers: this.#headersOf(holdings.move),
        metadata: { [MARK]: mark },
      });
    });
  }

  async #multipart(holdings: Holdings): Promise<void> {
    const id = this.#shared.nextId();
    const key = holdings.toCreate(this.#shared.random, this.#shared.now(), `${id}-parts.bin`);
    if (key === undefined) return;
    const mark = `client-${this.#number}-write-${id}`;
    const { parts, value } = this.#shared.bodies.makeParts(mark, [5 * MIB, 200_000 + (id % 1000)]);
    const application = applicationOf(this.#shared, holdings.move);
    const begin = async ({ client, bucket }: Target) => {
      const uploadId = await client.createUpload(bucket, key, {
        headers: this.#headersOf(holdings.move),
        metadata: { [MARK]: mark },
      });
      return { client, bucket, uploadId };
    };
    /** A part changes nothing that anybody sees: it goes to where the upload began, hold or not. */
    const sendParts = async ({ client, bucket, uploadId }: Awaited<ReturnType<typeof begin>>) => {
      const sent: { partNumber: number; etag: string }[] = [];
      for (const [index, body] of parts.entries()) {
        const partNumber = index + 1;
        const part = { uploadId, partNumber, body, contentLength: body.length };
        sent.push({ partNumber, etag: await client.uploadPart(bucket, key, part) });
      }
      return sent;
    };
    let session: Awaited<ReturnType<typeof begin>> & { sent: { partNumber: number; etag: string }[] };
    try {
      const { result: begun } = await application.mutate(begin);
      session = { ...begun, sent: (await application.read(() => sendParts(begun))).result };
    } catch (error) {
      return this.#refusedOrFailed('multipart', holdings.move, key, error);
    }
    await this.#write('multipart', id, holdings, [{ key, value }], async (target) => {
      // Completing is what makes the object appear: where the store turned meanwhile it would be a late
      // write to the old one. The upload is given up there and begun again here.
      if (
        target.bucket !== session.bucket ||
        target.client.endpoint.endpoint !== session.client.endpoint.endpoint
      ) {
        await session.client.abortUpload(session.bucket, key, session).catch(() => undefined);
        const begun = await begin(target);
        session = { ...begun, sent: await sendParts(begun) };
      }
      const { uploadId, sent } = session;
      try {
        await target.client.completeUpload(target.bucket, key, { uploadId, parts: sent });
      } catch (error) {
        // After an attempt without an answer the upload may be complete already.
        const there = hasCode(error, 'NoSuchUpload') ? await target.client.head(target.bucket, key) : null;
        if (there?.etag !== value.etag) throw error;
      }
    });
  }

  /** Journals, sends (again when it must), and notes the outcome. */
  async #write(kind: WriteKind, id: number, holdings: Holdings, writes: Write[], send: Send): Promise<void> {
    const { journal, statistics, now, quietMs } = this.#shared;
    const { move } = holdings;
    const models = writes.map(({ key }) => holdings.model(key));
    const began = now();
    journal.append({ type: 'intent', id, at: began, move, writes });
    for (const [index, model] of models.entries()) model.begin(writes[index]?.value ?? null, began);
    statistics.waiting++;
    let by: 's3' | 'ceph' = 's3';
    try {
      const { ambiguous, heldMs } = await applicationOf(this.#shared, move).mutate(async (target) => {
        by = answeredBy(this.#shared, move, target);
        await send(target);
      });
      const at = now();
      journal.append({ type: 'ack', id, at, ambiguous });
      for (const model of models) model.end('acknowledged', at, ambiguous ? at + quietMs : undefined);
      statistics.acknowledged(kind, by, at - began, true);
      statistics.held(heldMs);
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const at = now();
      journal.append({ type: error.ambiguous ? 'unknown' : 'refused', id, at });
      for (const model of models) {
        if (error.ambiguous) model.end('unknown', at, at + quietMs);
        else model.refuse();
      }
      this.#refusedOrFailed(kind, move, writes[0]?.key ?? '', error);
    } finally {
      statistics.waiting--;
    }
  }

  #refusedOrFailed(operation: string, move: string, key: string, error: unknown): void {
    if (!(error instanceof RequestFailed)) throw error;
    report(this.#shared, 'failed', { operation, move, key, detail: error });
  }

  #headersOf(move: string): { contentType: string; cacheControl?: string } {
    return isPublic(this.#shared, move)
      ? { contentType: 'image/jpeg', cacheControl: 'public, max-age=3600' }
      : { contentType: 'application/json' };
  }
}
