import { setTimeout as sleep } from 'node:timers/promises';
import type { Parameter } from '../../platform/applications-parameter/parameter.ts';
import { StoreClient } from '../../store/client.ts';
import { StoreError } from '../../store/errors.ts';
import { endpointOf } from '../places.ts';
import { FollowedStore, type Store, type Turn } from './follow-parameter.ts';
import { APPLICATIONS } from '../../contract/names.ts';

/** As AWS SDKs do: so many times more after the first attempt, with pauses that grow. */
const RETRIES = 3;
const FIRST_PAUSE_MS = 100;

/** A request that still failed after its last retry, or was refused. */
export class RequestFailed extends Error {
  /** Whether an attempt had no clear answer, so that the request may have taken effect. */
  readonly ambiguous: boolean;
  constructor(cause: Error, ambiguous: boolean) {
    super(cause.message, { cause });
    this.name = 'RequestFailed';
    this.ambiguous = ambiguous;
  }
}

export type Target = { client: StoreClient; bucket: string; state: Parameter['state'] };
/** `heldMs`: the longest that an attempt waited for the end of a hold. */
export type Attempted<T> = { result: T; ambiguous: boolean; heldMs: number };

/** One bucket that moves, as a well-behaved application uses it. */
export class Application {
  readonly #followed: FollowedStore<StoreClient>;
  readonly #onRetry: () => void;

  constructor(parameterFile: string, move: string, options: { onRetry: () => void; connections?: number }) {
    this.#onRetry = options.onRetry;
    this.#followed = new FollowedStore(parameterFile, move, (store, requestSeconds) =>
      openStore(store, requestSeconds, options.connections ?? 24),
    );
  }

  read<T>(work: (target: Target) => Promise<T>): Promise<Attempted<T>> {
    return this.#attempt(() => this.#followed.forRead(), work);
  }

  /** Waits while the hold lasts, before the first attempt and before each retry. */
  mutate<T>(work: (target: Target) => Promise<T>): Promise<Attempted<T>> {
    return this.#attempt(() => this.#followed.forMutation(), work);
  }

  async #attempt<T>(
    turn: () => Promise<Turn<StoreClient> & { heldMs?: number }>,
    work: (target: Target) => Promise<T>,
  ): Promise<Attempted<T>> {
    let ambiguous = false;
    let heldMs = 0;
    for (let retry = 0; ; retry++) {
      const { client, store, state, heldMs: held } = await turn();
      heldMs = Math.max(heldMs, held ?? 0);
      try {
        return { result: await work({ client, bucket: store.bucket, state }), ambiguous, heldMs };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const again = !(error instanceof StoreError) || error.retryable;
        // Only an answer of 4xx says that nothing was done; everything else may yet take effect.
        ambiguous ||= again;
        if (!again || retry === RETRIES) throw new RequestFailed(error, ambiguous);
        this.#onRetry();
        await sleep(FIRST_PAUSE_MS * 2 ** retry * (0.5 + Math.random()));
      }
    }
  }
}

/** A client that makes one attempt a request: the retries are ours, and ask the parameter again. */
function openStore(store: Store, requestSeconds: number, connections: number): Promise<StoreClient> {
  return StoreClient.open(endpointOf(store), APPLICATIONS, { requestSeconds, connections, attempts: 1 });
}
