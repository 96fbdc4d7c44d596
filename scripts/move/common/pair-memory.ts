import type { Database } from '../../ledger/database.ts';
import { readPairs, recordPairs, versionOf, type ProvenPair } from '../../ledger/proven-pairs.ts';
import { GroupCommit } from '../../platform/notifications/group-commit.ts';
import type { CopyResult } from '../../store/copy-request.ts';
import type { ObjectHead } from '../../store/object.ts';

/** The proven pairs of one move: what the ledger knows of them, and where new ones are kept. */
export class PairMemory {
  readonly #ledger: Database;
  readonly #move: string;
  readonly #commit: GroupCommit<ProvenPair>;

  constructor(ledger: Database, move: string) {
    this.#ledger = ledger;
    this.#move = move;
    this.#commit = new GroupCommit((pairs) => recordPairs(ledger, move, pairs));
  }

  async of(key: string): Promise<readonly ProvenPair[]> {
    return (await this.ofEach([key])).get(key) ?? [];
  }

  /** By key, of a page of keys. */
  ofEach(keys: readonly string[]): Promise<Map<string, ProvenPair[]>> {
    return readPairs(this.#ledger, this.#move, keys);
  }

  /** Keeps that all bytes of both were read and are the same. */
  async keepRead(source: ObjectHead, target: ObjectHead): Promise<ProvenPair> {
    const pair: ProvenPair = {
      key: source.key,
      sourceEtag: source.etag,
      sourceSize: source.size,
      targetEtag: target.etag,
      targetVersion: versionOf(target),
      provenBy: 'bytes',
    };
    await this.#commit.add([pair]);
    return pair;
  }

  /** Keeps what a copy has proven, where its ETag does not tell. */
  async keepCopy(key: string, copy: CopyResult): Promise<void> {
    if (copy.outcome === 'gone' || copy.etagReproduced) return;
    await this.#commit.add([
      {
        key,
        sourceEtag: copy.sourceEtag,
        sourceSize: copy.bytes,
        targetEtag: copy.etag,
        targetVersion: versionOf(copy),
        provenBy: copy.provenBy,
      },
    ]);
  }
}

/** What comes, in arrays of so many. */
export async function* pagesOf<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
