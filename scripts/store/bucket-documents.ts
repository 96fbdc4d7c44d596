import { createHash } from 'node:crypto';
import { UserError } from '../contract/errors.ts';
import type { StoreClient } from './client.ts';
import * as documents from './documents.ts';
import { hasCode } from './errors.ts';
import type { DocumentKind } from '../contract/names.ts';

/**
 * Is given a document right before it is changed; when it throws, nothing is changed.
 * Called at each change, so with our own entries in it at a later one.
 */
export type KeepOriginal = (bucket: string, kind: DocumentKind, document: string | null) => Promise<void>;

export type Standing = { text: string; headers: Record<string, string> };

/**
 * The least size of an object that moves to another class, for rules that do not say. A PUT without it
 * sets today's default in place of what the customer chose, or had before September 2024.
 */
export const LEAST_SIZE = 'x-amz-transition-default-minimum-object-size';

/** Reads, writes and reads back the documents of buckets as text. */
export class BucketDocuments {
  readonly #client: StoreClient;
  readonly #keepOriginal: KeepOriginal | undefined;

  constructor(client: StoreClient, keepOriginal: KeepOriginal | undefined) {
    this.#client = client;
    this.#keepOriginal = keepOriginal;
  }

  async read(bucket: string, kind: DocumentKind): Promise<Standing | null> {
    try {
      return await this.#client.send({ method: 'GET', bucket, query: { [kind]: '' } });
    } catch (error) {
      if (hasCode(error, 'NoSuchBucketPolicy', 'NoSuchLifecycleConfiguration')) {
        return null;
      }
      throw error;
    }
  }

  /** @param before what stood, to be kept first */
  async write(
    bucket: string,
    kind: DocumentKind,
    document: string | null,
    before: string | null,
    headers: Record<string, string> = {},
  ): Promise<void> {
    await this.keep(bucket, kind, before);
    const query = { [kind]: '' };
    if (document === null) {
      await this.#client.send({ method: 'DELETE', bucket, query });
      return;
    }
    const { body, headers: digest } = withDigest(document);
    await this.#client.send({ method: 'PUT', bucket, query, body, headers: { ...digest, ...headers } });
  }

  async keep(bucket: string, kind: DocumentKind, before: string | null): Promise<void> {
    await this.#keepOriginal?.(bucket, kind, before);
  }

  /** Reads back: every entry wanted is there, those removed are not. */
  async prove(
    bucket: string,
    kind: 'lifecycle' | 'notification',
    wanted: documents.Entry[],
    gone: readonly string[],
  ): Promise<void> {
    const read = kind === 'lifecycle' ? documents.lifecycleEntries : documents.notificationEntries;
    const stands = read((await this.read(bucket, kind))?.text ?? '').map((entry) => entry.id);
    const missing = wanted.some((entry) => entry.id !== undefined && !stands.includes(entry.id));
    if (missing || stands.length < wanted.length || gone.some((id) => stands.includes(id))) {
      throw changedMeanwhile(bucket, kind);
    }
  }
}

/** S3 wants a digest with every document. */
export function withDigest(document: string): { body: Buffer; headers: Record<string, string> } {
  const body = Buffer.from(document);
  return { body, headers: { 'content-md5': createHash('md5').update(body).digest('base64') } };
}

export function changedMeanwhile(bucket: string, kind: string): UserError {
  return new UserError(
    `The ${kind} document of ${bucket} is not what was written: somebody else changes it at the same time. ` +
      'Let them finish and run this again.',
    { exitCode: 1 },
  );
}
