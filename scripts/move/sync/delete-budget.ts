import type { Move } from '../../contract/environment.ts';
import { RESERVED_PREFIX } from '../../contract/names.ts';
import { UserError } from '../../contract/errors.ts';
import type { Database } from '../../ledger/database.ts';
import { countDeletes, keysLoggedAsRemoved } from '../../ledger/deletes.ts';
import { GroupCommit } from '../../platform/notifications/group-commit.ts';
import type { StoreClient } from '../../store/client.ts';

/** A run may delete a tenth of what the source holds; so many of a small source, but never more than it holds. */
const SHARE = 0.1;
const FEW = 100;
/** Where changes are captured, events of the last deletions may still be on their way. */
const ON_THEIR_WAY = 10;
/** S3 lists no more keys at once. */
const PAGE_KEYS = 1000;

type Lister = Pick<StoreClient, 'listPage'>;
export type BudgetOptions = {
  ledger: Database;
  move: Move;
  run: bigint;
  source: Lister;
  target: Lister;
  /** Whether the source's changes are captured. Without it no deletion is in the log. */
  captured: boolean;
};

/** How many deletions fit a source that holds at least so many objects. */
export function mostDeletes(objects: number, captured: boolean): number {
  const few = Math.min(FEW, objects);
  return Math.max(few, Math.floor(objects * SHARE), captured ? ON_THEIR_WAY : 0);
}

/**
 * Says before each deletion whether it may be made. What the log says was removed from the source may always go;
 * the rest is counted for all workers of the run, so that an empty, shrunken or misspelt source deletes little or nothing.
 */
export class DeleteBudget {
  readonly #options: BudgetOptions;
  /** One question for all that wait: deletions come in crowds. */
  readonly #commit = new GroupCommit<string>((keys) => this.#take(keys));
  /** Objects that the source surely holds, and the last of them. */
  #source = { objects: 0, last: '', ended: false };
  #looked = false;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /** @throws UserError when the run would delete too much */
  mayDelete(key: string): Promise<void> {
    return this.#commit.add([key]);
  }

  async #take(keys: readonly string[]): Promise<void> {
    const { ledger, run } = this.#options;
    const unnamed = (await this.#withoutLogged(keys)).length;
    if (unnamed === 0) return;
    const { counted, allowed } = await countDeletes(ledger, run, unnamed);
    try {
      if (allowed === null) await this.#assertShare(counted);
      else if (counted > allowed) throw this.#refusal(allowed);
    } catch (error) {
      await countDeletes(ledger, run, -unnamed); // none of them is made
      throw error;
    }
  }

  async #assertShare(counted: number): Promise<void> {
    await this.#countSource(counted);
    const most = this.#most();
    if (counted > most) throw this.#refusal(most);
    if (this.#looked) return;
    const ahead = await this.#extrasAhead(most);
    if (ahead > most) throw this.#refusal(most, ahead);
    this.#looked = true;
  }

  #most(): number {
    return mostDeletes(this.#source.objects, this.#options.captured);
  }

  async #withoutLogged(keys: readonly string[]): Promise<string[]> {
    const { ledger, move } = this.#options;
    const logged = await keysLoggedAsRemoved(ledger, move.name, keys);
    return keys.filter((key) => !logged.has(key));
  }

  /** Lists the source until it surely holds enough for so many deletions, and then twice as far; or to its end. */
  async #countSource(deletes: number): Promise<void> {
    const { source, move } = this.#options;
    const seen = this.#source;
    if (this.#most() >= deletes) return;
    const enough = (2 * deletes) / SHARE;
    while (!seen.ended && seen.objects < enough) {
      const page = await source.listPage(move.sourceBucket, { after: seen.last, maxKeys: PAGE_KEYS });
      seen.objects += page.objects.filter(({ key }) => !key.startsWith(RESERVED_PREFIX)).length;
      seen.last = page.objects.at(-1)?.key ?? seen.last;
      seen.ended = !page.truncated;
    }
  }

  /** Of a source that one page shows: how many the target's first page has too much, before any of it is deleted. */
  async #extrasAhead(most: number): Promise<number> {
    const { source, target, move } = this.#options;
    const there = await source.listPage(move.sourceBucket, { maxKeys: PAGE_KEYS });
    if (there.truncated) return 0;
    const here = await target.listPage(move.targetBucket, { maxKeys: PAGE_KEYS });
    const known = new Set(there.objects.map(({ key }) => key));
    const extra = here.objects
      .map(({ key }) => key)
      .filter((key) => !known.has(key) && !key.startsWith(RESERVED_PREFIX));
    return extra.length > most ? (await this.#withoutLogged(extra)).length : extra.length;
  }

  #refusal(most: number, ahead = 0): UserError {
    const { move } = this.#options;
    const { objects, ended } = this.#source;
    const holds = objects === 0 ? 'is empty' : `holds ${ended ? '' : 'at least '}${objects} objects`;
    const would = ahead > 0 ? `at least ${ahead}` : `more than ${most}`;
    return new UserError(
      `Sync of ${move.name} would delete ${would} objects at the target ${move.targetBucket}, and no event says that they were removed from ` +
        `${move.sourceBucket}, which ${holds}: ${most} may go. Is it the right bucket, and whole? Nothing more was deleted. ` +
        'If they are to go: migrate sync --delete-at-most N',
      { exitCode: 1 },
    );
  }
}
