import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Environment, Move } from '../../../scripts/contract/environment.ts';
import { countClaims } from '../../../scripts/ledger/claims.ts';
import { listFailures } from '../../../scripts/ledger/failures.ts';
import { appendOperations } from '../../../scripts/ledger/operations.ts';
import { Supervisor } from '../../../scripts/platform/supervisor/supervisor.ts';
import type { StoreClient } from '../../../scripts/store/client.ts';
import { compareObjects, describe as describeObject } from '../../../scripts/store/compare.ts';
import { startSyncRuns } from '../../../scripts/move/sync/start.ts';
import { runWorker, type WorkerEnd } from '../../../scripts/move/sync/worker.ts';
import { takeBaseCertificate } from '../../../scripts/move/verify/parity.ts';
import { FaultyProxy, type Fault, type Passing } from '../../support/faulty-proxy.ts';
import { realServices, type Scratch } from '../../support/real.ts';
import { uploadInParts } from '../../support/upload-in-parts.ts';

export const MIB = 1024 * 1024;
export const never = new AbortController().signal;

export type Side = 'source' | 'target';
export type Spoil = (request: Passing) => Fault | null | Promise<Fault | null>;

/** Two buckets, the first with objects of all kinds that are copied in a way of their own. */
export class Bed {
  readonly scratch: Scratch;
  readonly source: StoreClient;
  readonly target: StoreClient;
  /** Of the source's objects. */
  readonly keys: string[] = [];
  readonly #proxies: FaultyProxy[] = [];

  private constructor(scratch: Scratch, source: StoreClient, target: StoreClient) {
    this.scratch = scratch;
    this.source = source;
    this.target = target;
  }

  /** @param name one test file's own */
  static async open(name: string): Promise<Bed> {
    const scratch = await (await realServices()).scratch(name);
    const bed = new Bed(scratch, await scratch.source(), await scratch.target());
    for (let index = 0; index < 48; index += 1) {
      const key = `img/${String(index).padStart(4, '0')}`;
      // Around what is held in memory, so that both ways of copying are cut.
      const size = index % 24 === 0 ? 3 * MIB : 1000 + index * 500;
      const metadata = { number: String(index) };
      await bed.source.put(scratch.sourceBucket, key, randomBytes(size), { metadata });
      bed.keys.push(key);
    }
    await uploadInParts(bed.source, scratch.sourceBucket, 'archive/big', [5 * MIB, 5 * MIB, 1 * MIB]);
    bed.keys.push('archive/big');
    return bed;
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.splice(0).map((proxy) => proxy.stop()));
    await this.scratch.close();
  }

  /** The environment with a proxy before one of its stores. */
  async through(side: Side, fault: Spoil): Promise<{ environment: Environment; proxy: FaultyProxy }> {
    const { environment } = this.scratch;
    const [cluster = ''] = Object.keys(environment.targets);
    const endpoint = side === 'source' ? environment.source : environment.targets[cluster];
    if (endpoint === undefined) throw new Error(`no ${side}`);
    const proxy = await FaultyProxy.before(endpoint.endpoint, fault);
    this.#proxies.push(proxy);
    const spoiled = { ...endpoint, endpoint: proxy.url };
    return {
      proxy,
      environment:
        side === 'source'
          ? { ...environment, source: spoiled }
          : { ...environment, targets: { ...environment.targets, [cluster]: spoiled } },
    };
  }

  async sync(environment: Environment = brief(this.scratch.environment)): Promise<WorkerEnd> {
    await startSyncRuns(environment, this.scratch.ledger, { again: true });
    return runWorker(environment, this.scratch.ledger, never);
  }

  /** The log says that every object was written. */
  async logAll(): Promise<void> {
    const write = { kind: 'put', eventName: 'ObjectCreated:Put', eventSource: 'ceph:s3' } as const;
    await appendOperations(
      this.scratch.ledger,
      this.keys.map((key) => ({ ...write, move: 'scratch', key })),
    );
  }

  /** Nothing is lost, nothing is left in hand, a certificate is clean, and what a next run would do is nothing. */
  async expectEqualSides(): Promise<void> {
    const { ledger, sourceBucket, targetBucket, environment } = this.scratch;
    expect(Object.keys(await this.written())).toEqual(this.keys.toSorted());
    for (const key of this.keys) {
      const [left, right] = await Promise.all([
        describeObject(this.source, sourceBucket, key),
        describeObject(this.target, targetBucket, key),
      ]);
      if (left === null || right === null) throw new Error(`${key} is missing`);
      expect(compareObjects(left, right), key).toEqual([]);
    }
    expect(await listFailures(ledger)).toEqual([]);
    expect(await countClaims(ledger, 3600)).toBe(0);
    const uploads = [];
    for await (const upload of this.target.listUploads(targetBucket)) uploads.push(upload);
    expect(uploads).toEqual([]);
    const [move] = environment.moves as [Move];
    expect(await takeBaseCertificate(environment, ledger, move)).toMatchObject({ findings: 0 });
    const before = await this.written();
    expect(await this.sync()).toBe('done');
    expect(await this.written()).toEqual(before);
  }

  /** What is at the target, with its ETag and when it was written. */
  async written(): Promise<Record<string, [string, number]>> {
    const all: Record<string, [string, number]> = {};
    for await (const { key, etag, lastModified } of this.target.list(this.scratch.targetBucket)) {
      all[key] = [etag, lastModified.getTime()];
    }
    return all;
  }

  get supervisor(): Supervisor {
    const { workers } = this.scratch.environment;
    if (workers.kind !== 'supervisor') throw new Error('the daemons of the tests have a supervisor');
    return Supervisor.at(workers.supervisorConfig);
  }

  /** The process of one daemon of the environment, which the supervisor starts again when it dies. */
  async pidOf(program: string): Promise<number> {
    const found = (await this.supervisor.processes()).find(({ group }) => group === program);
    if (found === undefined || found.pid === 0) throw new Error(`${program} does not run`);
    return found.pid;
  }
}

/** With short bounds: the next worker waits for the leases of before, and for one request. */
export function brief(environment: Environment): Environment {
  return { ...environment, bounds: { ...environment.bounds, leaseSeconds: 1.5, requestSeconds: 3 } };
}

/** Spoils the first request of a kind, and every so-manieth from it. */
export function every(nth: number, which: (request: Passing) => boolean, fault: Fault): Spoil {
  let seen = 0;
  return (request) => {
    if (!which(request)) return null;
    seen += 1;
    return (seen - 1) % nth === 0 ? fault : null;
  };
}

/** Lets all pass, and does something once, before the so-manieth request of a kind goes on. */
export function beforeThe(
  nth: number,
  which: (request: Passing) => boolean,
  act: () => Promise<void>,
): Spoil {
  let seen = 0;
  return async (request) => {
    if (which(request) && (seen += 1) === nth) await act();
    return null;
  };
}

export const isRead = ({ method, query }: Passing) => method === 'GET' && query.size === 0;
export const isWrite = ({ method }: Passing) => method === 'PUT';
export const isListing = ({ method, query }: Passing) => method === 'GET' && query.get('list-type') === '2';
