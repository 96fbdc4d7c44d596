import { compareKeys } from '../store/keys.ts';
import type { ListedObject } from '../store/object.ts';

/** What two listings say about one key, from the source's point of view. */
export type Merged =
  | { kind: 'copy'; key: string; source: ListedObject; target?: ListedObject }
  | { kind: 'equal'; key: string; source: ListedObject; target: ListedObject }
  | { kind: 'extra'; key: string; target: ListedObject };

/**
 * Merges two listings that are in key order. Holds one entry of each. `equal` means equal size and ETag:
 * all that listings tell. Metadata, tags and ACLs are not in them.
 *
 * An error of either listing comes through: `extra` never follows from a listing that broke off.
 */
export async function* mergeListings(
  source: AsyncIterable<ListedObject>,
  target: AsyncIterable<ListedObject>,
): AsyncGenerator<Merged> {
  const left = source[Symbol.asyncIterator]();
  const right = target[Symbol.asyncIterator]();
  try {
    let [a, b] = await Promise.all([left.next(), right.next()]);
    for (;;) {
      if (a.done === true && b.done === true) {
        return;
      }
      const order = a.done === true ? 1 : b.done === true ? -1 : compareKeys(a.value.key, b.value.key);
      if (order < 0 && a.done !== true) {
        yield { kind: 'copy', key: a.value.key, source: a.value };
        a = await left.next();
      } else if (order > 0 && b.done !== true) {
        yield { kind: 'extra', key: b.value.key, target: b.value };
        b = await right.next();
      } else if (a.done !== true && b.done !== true) {
        const same = a.value.size === b.value.size && a.value.etag === b.value.etag;
        yield { kind: same ? 'equal' : 'copy', key: a.value.key, source: a.value, target: b.value };
        [a, b] = await Promise.all([left.next(), right.next()]);
      }
    }
  } finally {
    await Promise.allSettled([left.return?.(), right.return?.()]);
  }
}
