import { CANARY_KEY, MIGRATION, STRAGGLER, REPLAY } from '../../contract/names.ts';
import type { Environment, Move } from '../../contract/environment.ts';
import type { MoveState } from '../../ledger/move.ts';
import { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';

/** Both ends of one move, as replay may use them in one state of the move. */
export type ReplayStores = {
  source: StoreClient;
  sourceBucket: string;
  target: StoreClient;
  targetBucket: string;
  coldClass?: Move['coldClass'];
  /** The target's user, whose writes these are. */
  user: string;
};

/** Opens what is needed when it is needed, once. */
export class OpenStores {
  readonly #environment: Environment;
  readonly #connections: number;
  readonly #clients = new Map<string, Promise<StoreClient>>();

  /** @param concurrency keys at once; each has at most a few requests in flight on either side */
  constructor(environment: Environment, concurrency: number) {
    this.#environment = environment;
    this.#connections = concurrency * 2;
  }

  async of(moveName: string, writesGoTo: MoveState['writesGoTo']): Promise<ReplayStores> {
    const move = this.#move(moveName);
    const user = writesGoTo === 'source' ? REPLAY : STRAGGLER;
    const [source, target] = await Promise.all([
      this.#open('source', MIGRATION),
      this.#open(move.targetCluster, user),
    ]);
    return {
      source,
      sourceBucket: move.sourceBucket,
      target,
      targetBucket: move.targetBucket,
      coldClass: move.coldClass,
      user,
    };
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) {
      const opened = await client.catch(() => null); // one that could not be opened is not there to close
      await opened?.close();
    }
  }

  #move(name: string): Move {
    const move = this.#environment.moves.find((candidate) => candidate.name === name);
    if (move === undefined)
      throw new Error(`the log names a move "${name}" that the environment does not have`);
    return move;
  }

  #open(cluster: string, user: string): Promise<StoreClient> {
    const id = `${cluster}/${user}`;
    let client = this.#clients.get(id);
    if (client === undefined) {
      const endpoint = cluster === 'source' ? this.#environment.source : this.#environment.targets[cluster];
      if (endpoint === undefined) throw new Error(`the environment has no target "${cluster}"`);
      const { requestSeconds } = this.#environment.bounds;
      client = StoreClient.open(endpoint, user, { requestSeconds, connections: this.#connections });
      client.catch(() => this.#clients.delete(id));
      this.#clients.set(id, client);
    }
    return client;
  }
}

/**
 * Whether the target refuses us because our user is suspended: a hold is under way, or we are left over
 * from before one. HEAD is answered 403 without saying why, so a listing is asked.
 */
export async function isSuspended(sides: ReplayStores, error: unknown): Promise<boolean> {
  if (!(error instanceof StoreError && error.status === 403)) return false;
  if (error.code === 'UserSuspended') return true;
  try {
    await sides.target.listPage(sides.targetBucket, { prefix: CANARY_KEY, maxKeys: 1 });
    return false;
  } catch (probe) {
    return probe instanceof StoreError && probe.code === 'UserSuspended';
  }
}
