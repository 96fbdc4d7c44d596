import { expect } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { listFailures, type Failure } from '../../../scripts/ledger/failures.ts';
import { syncProgress, type SyncProgress } from '../../../scripts/ledger/shards.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import type { ObjectAttributes } from '../../../scripts/store/object.ts';
import { startSyncRuns, type StartOptions } from '../../../scripts/move/sync/start.ts';
import { runWorker } from '../../../scripts/move/sync/worker.ts';
import type { Finding } from '../../../scripts/ledger/certificates.ts';
import { takeBaseCertificate } from '../../../scripts/move/verify/parity.ts';
import { emptyBucket, realServices, type Scratch, type ScratchOptions } from '../../support/real.ts';
import { uploadInParts } from '../../support/upload-in-parts.ts';
import { findingsOf } from '../verify/support.ts';

export const MIB = 1024 * 1024;

/** Two buckets of two RGWs, and the whole of sync and verify between them. */
export type Pair = {
  scratch: Scratch;
  source: StoreClient;
  target: StoreClient;
  put(key: string, body: Buffer | string, attributes?: ObjectAttributes): Promise<void>;
  /** An object in parts of these sizes, of random bytes. @returns its ETag */
  upload(key: string, sizes: readonly number[], attributes?: ObjectAttributes): Promise<string>;
  /** A whole run. @returns what it counted */
  sync(change?: Partial<Environment>, options?: StartOptions): Promise<SyncProgress>;
  /** What a certificate finds when it reads the bytes of both sides too. */
  differences(change?: Partial<Environment>): Promise<Finding[]>;
  failures(): Promise<Pick<Failure, 'key' | 'reason'>[]>;
  /** The environment with its one move changed. */
  moving(change: Partial<Move>): Partial<Environment>;
  /** The environment with the source behind a proxy. */
  sourceAt(url: string): Partial<Environment>;
  targetAt(url: string): Partial<Environment>;
  /** Empties both buckets. */
  empty(): Promise<void>;
};

/** A history is carried between two endpoints, not by a stack's move. */
export const standalone = ({ versions = false }: StartOptions): Partial<Environment> =>
  versions ? { name: 'standalone' } : {};

/** @param name of the scratch: one test file's own */
export async function openPair(name: string, options: ScratchOptions = {}): Promise<Pair> {
  const scratch = await (await realServices()).scratch(name, options);
  const [source, target] = await Promise.all([scratch.source(), scratch.target()]);
  const { environment, ledger, sourceBucket, targetBucket } = scratch;
  const [move] = environment.moves as [Move];
  const never = new AbortController().signal;
  return {
    scratch,
    source,
    target,
    async put(key, body, attributes = {}) {
      await source.put(sourceBucket, key, Buffer.from(body as string), attributes);
    },
    upload: (key, sizes, attributes = {}) => uploadInParts(source, sourceBucket, key, sizes, attributes),
    async sync(change = {}, options = {}) {
      const changed = { ...environment, ...standalone(options), ...change };
      await startSyncRuns(changed, ledger, { again: true, ...options });
      expect(await runWorker(changed, ledger, never)).toBe('done');
      return syncProgress(ledger, 'scratch');
    },
    async differences(change = {}) {
      const options = { full: true, settleSeconds: 0 };
      return findingsOf(await takeBaseCertificate({ ...environment, ...change }, ledger, move, options));
    },
    failures: async () => (await listFailures(ledger)).map(({ key, reason }) => ({ key, reason })),
    moving: (change) => ({ moves: [{ ...move, ...change }] }),
    sourceAt: (url) => ({ source: { ...environment.source, endpoint: url } }),
    targetAt: (url) => ({
      targets: Object.fromEntries(
        Object.entries(environment.targets).map(([cluster, each]) => [cluster, { ...each, endpoint: url }]),
      ),
    }),
    async empty() {
      await Promise.all([emptyBucket(source, sourceBucket), emptyBucket(target, targetBucket)]);
      await ledger.query('TRUNCATE failed_key');
    },
  };
}

/** The ETag of every object, by key. */
export async function etagsOf(client: StoreClient, bucket: string): Promise<Record<string, string>> {
  const etags: Record<string, string> = {};
  for await (const { key, etag } of client.list(bucket)) etags[key] = etag;
  return etags;
}

export async function openUploads(client: StoreClient, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of client.listUploads(bucket)) keys.push(key);
  return keys;
}
