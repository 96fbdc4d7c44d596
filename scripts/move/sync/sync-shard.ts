import { setTimeout as sleep } from 'node:timers/promises';
import type { Move } from '../../contract/environment.ts';
import { clearFailuresBetween } from '../../ledger/failures.ts';
import { readMove } from '../../ledger/move.ts';
import { carriesVersions } from '../../ledger/run-versions.ts';
import { checkpointShard, cutShard, finishShard, isShardWanted, type Shard } from '../../ledger/shards.ts';
import { compareKeys } from '../../store/keys.ts';
import type { StoreClient } from '../../store/client.ts';
import { isPlainDigest } from '../../store/object.ts';
import { Batches } from './batches.ts';
import { findCut } from './split-point.ts';
import { DeleteBudget } from './delete-budget.ts';
import { mergePages, type Stretch } from '../common/merge.ts';
import { PageReader } from '../common/pages.ts';
import { ListedPairs } from '../common/listed-pairs.ts';
import { PairMemory } from '../common/pair-memory.ts';
import { Pipeline, type PipelineContext } from './pipeline.ts';
import { retryFailed } from './retry.ts';
import { ShardLease } from './shard-lease.ts';
import type { Session } from './session.ts';
import { assertVersioned } from './versioned.ts';

/** How often progress is written down, and looked whether the move has turned or a worker waits for work. */
const TICK_MS = 500;
/** S3 lists no more keys at once. */
const PAGE_KEYS = 1000;

export type ShardEnd = 'finished' | 'asked' | 'superseded';

/**
 * Goes through a shard from its checkpoint and finishes it.
 *
 * @param progressed called after each checkpoint that advanced, so that an earlier trouble counts no more
 * @throws StoreError when listings fail or a store answers nothing; LeaseLost
 */
export async function syncShard(
  session: Session,
  shard: Shard,
  sides: { move: Move; source: StoreClient; target: StoreClient },
  progressed: () => void,
): Promise<ShardEnd> {
  const { environment, ledger, owner, epoch, claims, stop } = session;
  const { leaseSeconds, requestSeconds } = environment.bounds;
  const versions = await carriesVersions(ledger, shard.run);
  if (versions) await assertVersioned(sides.target, sides.move.targetBucket);
  const lease = new ShardLease(ledger, shard);
  const captured = environment.name !== 'standalone';
  const budget = new DeleteBudget({ ...sides, ledger, run: shard.run, captured });
  const context: PipelineContext = {
    ...sides,
    ledger,
    stop,
    claim: { move: sides.move.name, owner, epoch, leaseSeconds, requestSeconds },
    concurrency: () => session.limiter.concurrency.limit,
    backoff: 2 * environment.sync.concurrency,
    end: () => shard.until,
    isSuperseded: () => isSuperseded(session),
    assertLive: () => {
      claims.assertLive();
      lease.assertLive();
    },
    assertMayDelete: (key) => budget.mayDelete(key),
    memory: new PairMemory(ledger, sides.move.name),
    versions,
  };
  try {
    if (await isSuperseded(session)) return 'superseded';
    const pass = new Pass(context, shard, environment.sync.keysPerShard, progressed);
    const end = await pass.run();
    if (end !== 'finished') return end;
    const failed = await retryFailed(context, shard);
    if (stop.aborted) return 'asked';
    if (await isSuperseded(session)) return 'superseded';
    const nothing = { objects: 0, bytes: 0, copied: 0, copiedBytes: 0, deleted: 0 };
    await checkpointShard(ledger, shard, { ...nothing, checkpoint: shard.checkpoint, failed });
    await finishShard(ledger, shard);
    return 'finished';
  } finally {
    await lease.stop();
  }
}

/** One way through a shard's listings. */
class Pass {
  readonly #context: PipelineContext;
  readonly #shard: Shard;
  /** No more than a shard's: what has been listed is shared with nobody. */
  readonly #pageKeys: number;
  readonly #progressed: () => void;
  readonly #pipeline: Pipeline;
  readonly #source: PageReader;
  readonly #target: PageReader;
  readonly #listedPairs: ListedPairs;
  #cutting: Promise<void> | undefined;
  #listed = false;

  constructor(context: PipelineContext, shard: Shard, keysPerShard: number, progressed: () => void) {
    const { source, target, move } = context;
    this.#context = context;
    this.#shard = shard;
    this.#pageKeys = Math.min(keysPerShard, PAGE_KEYS);
    this.#progressed = progressed;
    this.#pipeline = new Pipeline(context, shard.checkpoint);
    const reader = (client: StoreClient, bucket: string) =>
      new PageReader({
        list: (after) =>
          context.versions === true
            ? client.listHistories(bucket, { after, maxKeys: this.#pageKeys })
            : client.listPage(bucket, { after, maxKeys: this.#pageKeys }),
        after: shard.checkpoint,
        until: () => shard.until,
      });
    this.#source = reader(source, move.sourceBucket);
    this.#target = reader(target, move.targetBucket);
    this.#listedPairs = new ListedPairs(context.memory, target, move.targetBucket);
  }

  async run(): Promise<ShardEnd> {
    const ended = new AbortController();
    const ticking = this.#keepTicking(ended.signal);
    const pipeline = this.#pipeline;
    await this.#feed().catch((error: unknown) => pipeline.fail(error));
    await pipeline.finish();
    ended.abort();
    await ticking;
    await this.#cutting;
    await Promise.all([this.#source.close(), this.#target.close()]);
    await this.#write().catch((error: unknown) => pipeline.fail(error));
    pipeline.throwIfFailed();
    if (pipeline.superseded) return 'superseded';
    return pipeline.checkpoints.whole ? 'finished' : 'asked';
  }

  /** Hands the pipeline what the listings show. What a listing showed before it failed is settled all the same. */
  async #feed(): Promise<void> {
    const pipeline = this.#pipeline;
    const batches = new Batches(this.#shard.checkpoint);
    try {
      for await (const stretch of mergePages(this.#source, this.#target)) {
        for (const piece of batches.add(await this.#unproven(stretch))) await pipeline.add(piece);
        if (!pipeline.isOpen) return;
      }
      this.#listed = true;
    } catch (error) {
      await pipeline.add(batches.rest());
      await pipeline.drain();
      pipeline.fail(error);
      return;
    }
    await pipeline.add({ ...batches.rest(), until: null });
  }

  /**
   * What there is to look at without the keys whose pair is proven. Of histories none is, and of uploads in parts the
   * tags may be missing all the same: who is killed before they are put leaves a copy that listings cannot tell.
   */
  async #unproven(stretch: Stretch): Promise<Stretch> {
    if (this.#context.versions === true) return stretch;
    const inOnePiece = stretch.open
      .map(({ merged }) => merged)
      .filter((merged) => merged.kind === 'copy' && isPlainDigest(merged.source.etag));
    const proven = await this.#listedPairs.provenOf(inOnePiece);
    return { ...stretch, open: stretch.open.filter(({ merged }) => !proven.has(merged.key)) };
  }

  async #keepTicking(ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await sleep(TICK_MS, undefined, { signal: ended }).catch(() => undefined);
      try {
        if (!ended.aborted) await this.#tick();
      } catch (error) {
        this.#pipeline.fail(error);
        return;
      }
    }
  }

  async #tick(): Promise<void> {
    if (await this.#context.isSuperseded()) this.#pipeline.supersede();
    await this.#write();
    if (this.#cutting !== undefined || this.#listed || !this.#pipeline.isOpen) return;
    if (!(await isShardWanted(this.#context.ledger, this.#shard.run))) return;
    this.#cutting = this.#cut()
      .catch((error: unknown) => this.#pipeline.fail(error))
      .finally(() => (this.#cutting = undefined));
  }

  /** Gives the second half of what is not listed yet to a waiting worker. */
  async #cut(): Promise<void> {
    const { source, move, ledger } = this.#context;
    const shard = this.#shard;
    const at = await findCut(
      (options) => source.listPage(move.sourceBucket, options),
      { after: this.#frontier(), until: shard.until },
      this.#pageKeys,
    );
    if (at === null || this.#listed || compareKeys(at, this.#frontier()) <= 0) return;
    // First here, so that nothing beyond is read while the ledger is written.
    shard.until = at;
    await cutShard(ledger, shard, at);
  }

  #frontier(): string {
    const [a, b] = [this.#source.frontier, this.#target.frontier];
    return compareKeys(a, b) > 0 ? a : b;
  }

  async #write(): Promise<void> {
    const { ledger, move } = this.#context;
    const { checkpoints, failed } = this.#pipeline;
    const shard = this.#shard;
    const taken = checkpoints.take();
    const checkpoint = checkpoints.whole ? (shard.until ?? this.#frontier()) : taken.checkpoint;
    const advanced = checkpoint !== shard.checkpoint;
    if (!advanced && taken.copied === 0 && taken.deleted === 0 && taken.objects === 0) return;
    await checkpointShard(ledger, shard, { ...taken, checkpoint, failed: 0 });
    if (!advanced) return;
    const range = { after: shard.checkpoint, until: checkpoints.whole ? shard.until : checkpoint };
    await clearFailuresBetween(ledger, { move: move.name, stage: 'sync', ...range, except: [...failed] });
    for (const key of failed) if (compareKeys(key, checkpoint) <= 0) failed.delete(key);
    shard.checkpoint = checkpoint;
    this.#progressed();
  }
}

/** Whether S3 is no authority any more, or another epoch's workers have taken over. */
async function isSuperseded({ ledger, epoch }: Session): Promise<boolean> {
  const now = await readMove(ledger);
  return now.epoch !== epoch || now.writesGoTo !== 'source';
}
