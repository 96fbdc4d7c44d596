import { hostname } from 'node:os';
import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { Claims, LeaseLost } from '../../ledger/claims.ts';
import type { Pool } from '../../ledger/database.ts';
import { readMove } from '../../ledger/move.ts';
import { reportProcess } from '../../ledger/reports.ts';
import {
  expectObjects,
  releaseShard,
  syncProgress,
  takeShard,
  wantShard,
  type Shard,
} from '../../ledger/shards.ts';
import { log } from '../../contract/log.ts';
import { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';
import { Concurrency } from './concurrency.ts';
import { RateLimiter } from './rate-limiter.ts';
import { pause } from './pause.ts';
import { Backoff } from './backoff.ts';
import type { Preference } from './preference.ts';
import type { Session } from './session.ts';
import { splitSyncRuns } from './start.ts';
import { syncShard } from './sync-shard.ts';
import { MIGRATION, SYNC } from '../../contract/names.ts';

export type WorkerOptions = {
  /** Which shards it takes first. Default: the first that is free. */
  preference?: Preference | undefined;
  /** How many objects at once; default: up to what the environment says. For who shows how it changes. */
  concurrency?: Concurrency;
};

/** Why a worker ended. `superseded`: applications write to Ceph by now, or another epoch began. */
export type WorkerEnd = 'done' | 'superseded' | 'asked';

const LOOK_EVERY_MS = 250;
/** While another worker reads an inventory. */
const LOOK_AT_SPLIT_MS = 5000;

let sessions = 0;

/**
 * Works on shards of all moves until none is left open, waiting for those that others have in hand: a
 * worker that dies leaves its shard to the others.
 *
 * @throws UserError when a store or the ledger gives trouble for longer than the environment's backoff
 */
export async function runWorker(
  environment: Environment,
  ledger: Pool,
  stop: AbortSignal,
  options: WorkerOptions = {},
): Promise<WorkerEnd> {
  const concurrency = options.concurrency ?? new Concurrency(environment.sync.concurrency);
  const limiter = new RateLimiter(concurrency, stop, environment.bounds.lagSeconds);
  const backoff = new Backoff(environment.sync.backoffSeconds, stop);
  const common = { environment, ledger, limiter, backoff, stop };
  for (;;) {
    try {
      return await runSession(common, options);
    } catch (error) {
      // What a session holds in the ledger must expire before others may have it: go on under a new name.
      if (error instanceof LeaseLost) log.warn(error.message);
      else await backoff.wait(error);
    }
    if (stop.aborted) return 'asked';
  }
}

/** Works under one name, until all is done or its leases may be lost. */
async function runSession(
  common: Omit<Session, 'owner' | 'epoch' | 'claims'>,
  options: WorkerOptions,
): Promise<WorkerEnd> {
  const { environment, ledger, limiter } = common;
  const { epoch, writesGoTo } = await readMove(ledger);
  if (writesGoTo !== 'source') {
    return 'superseded';
  }
  // The host too: every container's process has the same number.
  const worker = `sync-${hostname()}-${process.pid}`;
  const owner = `${worker}-${(sessions += 1)}-${Date.now().toString(36)}`;
  const claims = new Claims(ledger, { owner, leaseSeconds: environment.bounds.leaseSeconds });
  await limiter.read(ledger);
  claims.start();
  const ended = new AbortController();
  const following = limiter.follow(ledger, ended.signal);
  try {
    return await work({ ...common, owner, epoch, claims }, options);
  } finally {
    ended.abort();
    await following;
    await claims.stop();
    // The ledger may be why this ends.
    await reportProcess(ledger, { owner: worker, script: 'sync worker' }).catch(() => undefined);
  }
}

async function work(session: Session, options: WorkerOptions): Promise<WorkerEnd> {
  const { environment, ledger, backoff, stop } = session;
  const stores = await openStores(session);
  try {
    for (;;) {
      if (stop.aborted) {
        return 'asked';
      }
      const taken = await takeAny(session, options);
      if (taken === 'none') {
        return 'done';
      }
      if (taken === 'wait') {
        // A run that is to be split by an inventory: the first worker does it.
        const split = await splitSyncRuns(environment, ledger);
        for (const { name } of environment.moves) await wantShard(ledger, name);
        await pause(split ? LOOK_EVERY_MS : LOOK_AT_SPLIT_MS, stop);
        continue;
      }
      const { move, shard } = taken;
      try {
        // It shares the limits from now on.
        await session.limiter.read(ledger);
        await noteExpected(ledger, shard, stores.of(move).source, move);
        const progressed = () => backoff.progressed();
        const ended = await syncShard(session, shard, { move, ...stores.of(move) }, progressed);
        if (ended === 'superseded') {
          return 'superseded';
        }
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        await backoff.wait(error);
      } finally {
        await releaseShard(ledger, shard);
      }
    }
  } finally {
    await stores.close();
  }
}

/** A shard of any move; `wait` while others still work on the last ones, `none` when all is done. */
async function takeAny(
  session: Session,
  { preference }: WorkerOptions,
): Promise<{ move: Move; shard: Shard } | 'wait' | 'none'> {
  const { environment, ledger, owner } = session;
  const { leaseSeconds } = environment.bounds;
  for (const move of environment.moves) {
    const shard = await takeShard(ledger, { move: move.name, owner, leaseSeconds, preference });
    if (shard !== null) {
      return { move, shard };
    }
  }
  let answer: 'wait' | 'none' = 'none';
  for (const move of environment.moves) {
    const { state } = await syncProgress(ledger, move.name);
    if (state === 'none') {
      throw new UserError(`No run of sync was begun for ${move.name}. Begin one with: migrate sync start`);
    }
    if (state !== 'done') {
      answer = 'wait';
    }
  }
  return answer;
}

/** How much there is, where the store says so in its answer and no run before this one has counted it. */
async function noteExpected(ledger: Pool, shard: Shard, source: StoreClient, move: Move): Promise<void> {
  if (shard.after !== '' || shard.checkpoint !== '') return;
  const size = await source.bucketSize(move.sourceBucket);
  if (size !== null) await expectObjects(ledger, shard.run, size);
}

type Stores = {
  of(move: Move): { source: StoreClient; target: StoreClient };
  close(): Promise<void>;
};

async function openStores({ environment, limiter }: Session): Promise<Stores> {
  // A copy has a GET and a PUT under way, and parts of a big object go side by side.
  const options = {
    requestSeconds: environment.bounds.requestSeconds,
    connections: environment.sync.concurrency * 2,
  };
  const source = await StoreClient.open(environment.source, MIGRATION, {
    ...options,
    pace: limiter.pace('source'),
  });
  const targets = new Map<string, StoreClient>();
  for (const [name, endpoint] of Object.entries(environment.targets)) {
    const pace = limiter.pace('target');
    targets.set(name, await StoreClient.open(endpoint, SYNC, { ...options, pace }));
  }
  return {
    of: (move) => {
      const target = targets.get(move.targetCluster);
      if (target === undefined) {
        throw new TypeError(`no target ${move.targetCluster}`);
      }
      return { source, target };
    },
    close: async () => {
      await Promise.all([source, ...targets.values()].map((client) => client.close()));
    },
  };
}
