import type { Environment, Move } from '../../contract/environment.ts';
import { UserError } from '../../contract/errors.ts';
import { StoreClient } from '../../store/client.ts';
import { MIGRATION, VERIFY } from '../../contract/names.ts';

/** Both sides of one move, for reading. */
export type Pair = {
  move: Move;
  source: StoreClient;
  target: StoreClient;
  /** Keys compared at once. */
  concurrency: number;
  close(): Promise<void>;
};

/** Objects in flight where an environment does not say: more than this one RGW does not reward (measured). */
export const CONCURRENCY = 32;

/** Opens both sides of a move with users that may read everything and, at the target, write nothing. */
export async function openPair(
  environment: Environment,
  move: Move,
  options: { requestSeconds?: number } = {},
): Promise<Pair> {
  const endpoint = environment.targets[move.targetCluster];
  if (endpoint === undefined) {
    throw new UserError(`The move ${move.name} names the target "${move.targetCluster}", which is not there`);
  }
  const concurrency = environment.verify?.concurrency ?? CONCURRENCY;
  const settings = {
    requestSeconds: options.requestSeconds ?? environment.bounds.requestSeconds,
    connections: concurrency,
  };
  const source = await StoreClient.open(environment.source, MIGRATION, settings);
  const target = await StoreClient.open(endpoint, VERIFY, settings);
  return {
    move,
    source,
    target,
    concurrency,
    async close() {
      await Promise.all([source.close(), target.close()]);
    },
  };
}

/** The move of that name. Throws a UserError that lists the names there are. */
export function moveOf(environment: Environment, name: string): Move {
  const found = environment.moves.find((move) => move.name === name);
  if (found === undefined) {
    const names = environment.moves.map((move) => move.name).join(', ');
    throw new UserError(`There is no move "${name}"; there are: ${names}`);
  }
  return found;
}
