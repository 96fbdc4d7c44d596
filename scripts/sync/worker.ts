import { hostname } from 'node:os';
import type { Environment, Move } from '../environment.ts';
import { UserError } from '../errors.ts';
import { Claims, LeaseLost } from '../ledger/claims.ts';
import type { Pool } from '../ledger/connect.ts';
import { readMove } from '../ledger/move.ts';
import { reportProcess } from '../ledger/reports.ts';
import {
  expectObjects,
  releaseShard,
  syncProgress,
  takeShard,
  wantShard,
  type Shard,
} from '../ledger/shards.ts';
import { log } from '../log.ts';
import { StoreClient } from '../store/client.ts';
import { StoreError } from '../store/errors.ts';
import { Concurrency } from './concurrency.ts';
import { Governor } from './governor.ts';
import { pause } from './pause.ts';
import type { Preference } from './preference.ts';
import type { Session } from './session.ts';
import { splitSyncRuns } from './start.ts';
import { syncShard } from './sync-shard.ts';

export type WorkerOptions = {
  /** Which shards it takes first. Default: the first that is free. */
  preference?: Preference | undefined;
};

/** Why a worker ended. `superseded`: applications write to Ceph by now, or another epoch began. */
export type WorkerEnd = 'done' | 'superseded' | 'asked';

const LOOK_EVERY_MS = 250;
/** While another worker reads an inventory. */
const LOOK_AT_SPLIT_MS = 5000;
/** Pauses while a store gives trouble, in seconds; then the worker gives up. About a minute in all. */
const PAUSES_SECONDS = [0.5, 1, 2, 4, 8, 15, 30];

let sessions = 0;

/**
 * Works on shards of all moves until none is left open, waiting for those that others have in hand: a
 * worker that dies leaves its shard to the others.
 *
 * @throws UserError when a store gives trouble for about a minute, or the ledger is away
 */
export async function runWorker(
  environment: Environment,
  ledger: Pool,
  stop: AbortSignal,
  options: WorkerOptions = {},
): Promise<WorkerEnd> {
  const governor = new Governor(new Concurrency(environment.sync.concurrency), stop);
  for (;;) {
    const { epoch, writesGoTo } = await readMove(ledger);
    if (writesGoTo !== 'source') {
      return 'superseded';
    }
    // The host too: every container's process has the same number.
    const owner = `sync-${hostname()}-${process.pid}-${(sessions += 1)}-${Date.now().toString(36)}`;
    const claims = new Claims(ledger, { owner, leaseSeconds: environment.bounds.leaseSeconds });
    claims.start();
    const ended = new AbortController();
    await governor.read(ledger);
    const following = governor.follow(ledger, ended.signal);
    try {
      return await work({ environment, ledger, owner, epoch, claims, governor, stop }, options);
    } catch (error) {
      if (!(error instanceof LeaseLost)) {
        throw error;
      }
      log.warn({ owner }, error.message);
    } finally {
      ended.abort();
      await following;
      await claims.stop();
      await reportProcess(ledger, { owner: `sync-${hostname()}-${process.pid}`, script: 'sync worker' });
    }
  }
}

async function work(session: Session, options: WorkerOptions): Promise<WorkerEnd> {
  const { environment, ledger, stop } = session;
  const stores = await openStores(session);
  let pauses = 0;
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
        // A run that is to be split by an inventory: whoever comes first does it.
        const split = await splitSyncRuns(environment, ledger);
        for (const { name } of environment.moves) await wantShard(ledger, name);
        await pause(split ? LOOK_EVERY_MS : LOOK_AT_SPLIT_MS, stop);
        continue;
      }
      const { move, shard } = taken;
      try {
        await noteExpected(ledger, shard, stores.of(move).source, move);
        const ended = await syncShard(session, shard, { move, ...stores.of(move) }, () => (pauses = 0));
        if (ended === 'superseded') {
          return 'superseded';
        }
      } catch (error) {
        await later(error, pauses++, stop);
      } finally {
        await releaseShard(ledger, shard);
      }
    }
  } finally {
    await stores.close();
  }
}

/** Waits before the shard is tried again; throws what waiting does not help against. */
async function later(error: unknown, pauses: number, stop: AbortSignal): Promise<void> {
  if (!(error instanceof StoreError)) {
    throw error;
  }
  if (error.code === 'UserSuspended') {
    throw new UserError(
      `The target refuses us: ${error.message}. The user migration-sync is suspended while applications turn; ` +
        'if that was called off, start sync again.',
      { exitCode: 3, cause: error },
    );
  }
  const seconds = PAUSES_SECONDS[pauses];
  if (seconds === undefined || !error.retryable) {
    throw new UserError(
      `A store gives trouble, so sync stopped where it was: ${error.message}. ` +
        (error.code === 'Deadline' || error.code === 'QuotaExceeded'
          ? 'A target that reads and does not write is full: look at "ceph df" and at quotas. '
          : '') +
        'Start sync again when it is over.',
      { exitCode: 3, cause: error },
    );
  }
  log.warn({ pauseSeconds: seconds }, `sync waits: ${error.message}`);
  await pause(seconds * 1000, stop);
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

async function openStores({ environment, governor }: Session): Promise<Stores> {
  // A copy has a GET and a PUT under way, and parts of a big object go side by side.
  const options = {
    requestSeconds: environment.bounds.requestSeconds,
    connections: environment.sync.concurrency * 2,
  };
  const source = await StoreClient.open(environment.source, 'migration', {
    ...options,
    pace: governor.pace('source'),
  });
  const targets = new Map<string, StoreClient>();
  for (const [name, endpoint] of Object.entries(environment.targets)) {
    const pace = governor.pace('target');
    targets.set(name, await StoreClient.open(endpoint, 'migration-sync', { ...options, pace }));
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
