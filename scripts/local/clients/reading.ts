import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Pool } from 'undici';
import { encodeKey } from '../../store/signing.ts';
import { StoreError } from '../../store/errors.ts';
import type { StoreClient } from '../../store/client.ts';
import type { Value } from './model.ts';

/** The user metadata entry in which every write of the fleet says which one it is. */
export const MARK = 'written';

/**
 * Reads an object whole: its value is what its bytes say. Null where there is no object.
 */
export async function readWhole(client: StoreClient, bucket: string, key: string): Promise<Value> {
  const found = await client.get(bucket, key);
  if (found === null) return null;
  const { head, body } = found;
  return { ...valueOf(head.etag, head.size, head.metadata[MARK]), ...(await digestOf(body)) };
}

export async function readHead(client: StoreClient, bucket: string, key: string): Promise<Value> {
  const head = await client.head(bucket, key);
  return head === null ? null : valueOf(head.etag, head.size, head.metadata[MARK]);
}

/** Reads some bytes; the value is what the answer says the whole object is, and how many bytes came. */
export async function readRange(
  client: StoreClient,
  bucket: string,
  key: string,
  range: { first: number; last: number },
): Promise<{ value: Value; bytes: number }> {
  const found = await client.get(bucket, key, { range: `bytes=${range.first}-${range.last}` });
  if (found === null) return { value: null, bytes: 0 };
  const { size: bytes } = await digestOf(found.body);
  const { etag, size, metadata } = found.head;
  return { value: valueOf(etag, size, metadata[MARK]), bytes };
}

/** Plain HTTP, without any signature in a header: what browsers and holders of presigned URLs do. */
export class PlainReader {
  readonly #pools = new Map<string, Pool>();

  /** Null for 404. Throws a StoreError for every other answer but 200, and for none within the deadline. */
  async read(origin: string, path: string, seconds: number): Promise<Value> {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      this.#pools.set(origin, (pool = new Pool(origin, { connections: 16, pipelining: 1 })));
    }
    try {
      // The path goes out as it is: what URL makes of dots and slashes would be another key.
      const answer = await pool.request({ method: 'GET', path, signal: AbortSignal.timeout(seconds * 1000) });
      const read = await digestOf(answer.body);
      if (answer.statusCode === 404) return null;
      if (answer.statusCode !== 200) {
        throw new StoreError(`GET ${origin}${path}: ${answer.statusCode}`, {
          status: answer.statusCode,
          code: `Http${answer.statusCode}`,
        });
      }
      const said = String(answer.headers['etag'] ?? '').replaceAll('"', '');
      const mark = answer.headers[`x-amz-meta-${MARK}`];
      return { ...valueOf(said, read.size, typeof mark === 'string' ? mark : undefined), ...read };
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(
        `GET ${origin}${path}: ${error instanceof Error ? error.message : String(error)}`,
        {
          status: 0,
          code: 'Connection',
          cause: error,
        },
      );
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }
}

/** The path by which anyone reads a public object through the cache tier. */
export function publicPath(bucket: string, key: string): string {
  return `/${bucket}/${encodeKey(key)}`;
}

function valueOf(etag: string, size: number, mark: string | undefined): NonNullable<Value> {
  return mark === undefined ? { etag, size } : { etag, size, mark };
}

async function digestOf(body: Readable): Promise<{ md5: string; size: number }> {
  const hash = createHash('md5');
  let size = 0;
  for await (const chunk of body) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { md5: hash.digest('hex'), size };
}
