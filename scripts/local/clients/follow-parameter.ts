import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Parameter } from '../../platform/applications-parameter/parameter.ts';

export type Store = Parameter['stores'][string];
/** Where to send requests now, and the deadline in seconds that each of them must have. */
export type Turn<Client> = {
  client: Client;
  store: Store;
  requestSeconds: number;
  state: Parameter['state'];
};

/**
 * Follows the parameter that says where the objects are and whether they may be changed: all that an
 * application must do while its store moves. Nothing here is particular to the local environment.
 *
 *     const images = new FollowedStore(file, 'images', openClient);
 *     const { client, store } = await images.forRead();      // now
 *     const { client, store } = await images.forMutation();  // waits while the hold lasts
 *
 * The rule: ask again before every request, a retry too, send it at once, and end it after
 * `requestSeconds`. A session (the pages of a listing, the parts of an upload) goes on with the client
 * that it began with; only what makes it take effect is a mutation.
 */
export class FollowedStore<Client> {
  readonly #file: string;
  readonly #move: string;
  readonly #open: (store: Store, requestSeconds: number) => Promise<Client>;
  readonly #clients = new Map<string, Client>();
  #current: Parameter | undefined;
  #readAt = -Infinity;

  constructor(file: string, move: string, open: (store: Store, requestSeconds: number) => Promise<Client>) {
    this.#file = file;
    this.#move = move;
    this.#open = open;
  }

  async forMutation(): Promise<Turn<Client> & { heldMs: number }> {
    let heldSince: number | undefined;
    for (;;) {
      const turn = await this.forRead();
      const now = performance.now();
      if (turn.state !== 'hold') return { ...turn, heldMs: now - (heldSince ?? now) };
      heldSince ??= now;
      await sleep((this.#current?.refreshSeconds ?? 1) * 1000);
    }
  }

  async forRead(): Promise<Turn<Client>> {
    for (;;) {
      const parameter = await this.#fresh();
      const store = parameter.stores[this.#move];
      if (store === undefined) throw new Error(`${this.#file} names no store for "${this.#move}"`);
      const { requestSeconds, state } = parameter;
      const known = JSON.stringify([store, requestSeconds]);
      const client = this.#clients.get(known);
      if (client !== undefined) return { client, store, requestSeconds, state };
      // Opening takes time, in which the parameter may change: it is asked again afterwards.
      this.#clients.set(known, await this.#open(store, requestSeconds));
    }
  }

  /** The parameter, read at most `refreshSeconds` ago by a clock that nobody can set. */
  async #fresh(): Promise<Parameter> {
    for (;;) {
      const now = performance.now();
      if (this.#current !== undefined && now - this.#readAt <= this.#current.refreshSeconds * 1000) {
        return this.#current;
      }
      const read = JSON.parse(await readFile(this.#file, 'utf8')) as Parameter;
      // Two reads may overlap: the one that began later counts.
      if (now >= this.#readAt) [this.#current, this.#readAt] = [read, now];
    }
  }
}
