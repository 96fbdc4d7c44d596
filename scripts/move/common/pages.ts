import { StoreError } from '../../store/errors.ts';
import { compareKeys } from '../../store/keys.ts';
import { disorderOf, type ListedPage } from '../../store/listed-page.ts';
import type { ListedObject } from '../../store/object.ts';

export type PageReaderOptions = {
  /** Asks for the page that follows a key. Throws when that fails. */
  list: (after: string) => Promise<ListedPage>;
  /** Exclusive; '' is the beginning. */
  after: string;
  /** Inclusive; null is the end. Asked again for each page: a shard may be cut while it is read. */
  until: () => string | null;
};

/**
 * Reads a listing page by page and asks for the next one while this one is worked on. A page that fails
 * throws: a listing never ends early, because its end is what tells that the rest is gone.
 */
export class PageReader {
  readonly #options: PageReaderOptions;
  #ahead: Promise<ListedPage> | undefined;
  #frontier: string;
  #ended = false;

  constructor(options: PageReaderOptions) {
    this.#options = options;
    this.#frontier = options.after;
  }

  /** Every key up to here has been handed out. */
  get frontier(): string {
    return this.#frontier;
  }

  /** The next objects, in key order; null at the end. A page may have none although more follow. */
  async next(): Promise<ListedObject[] | null> {
    if (this.#ended) return null;
    const { list, until } = this.#options;
    const page = await (this.#ahead ?? list(this.#frontier));
    this.#ahead = undefined;
    const end = until();
    const last = page.objects.at(-1)?.key;
    // Of an inventory too, which nobody else has checked.
    const disorder = disorderOf(page, this.#frontier);
    if (disorder !== null) {
      throw new StoreError(disorder, { status: 0, code: 'MalformedAnswer', retryable: false });
    }
    const isBeyond = end !== null && last !== undefined && compareKeys(last, end) > 0;
    const objects = isBeyond ? page.objects.filter(({ key }) => compareKeys(key, end) <= 0) : page.objects;
    this.#frontier = objects.at(-1)?.key ?? this.#frontier;
    if (page.truncated && !isBeyond && last !== end) {
      this.#ahead = list(this.#frontier);
      this.#ahead.catch(() => undefined); // the next call of next() throws it
    } else {
      this.#ended = true;
    }
    return objects;
  }

  /** Waits for the page that nobody wants any more, so that its request does not outlive its client. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#ahead?.catch(() => undefined);
  }
}
