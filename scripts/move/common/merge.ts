import { RESERVED_PREFIX } from '../../contract/names.ts';
import { compareKeys } from '../../store/keys.ts';
import { isPlainDigest, type ListedObject } from '../../store/object.ts';
import type { PageReader } from './pages.ts';

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

/** A piece of two merged listings that ends where one of them wants its next page. */
export type Stretch = {
  /** The last key of either listing; null where neither had one. */
  last: string | null;
  /** Of the source, the migration's own left out. */
  objects: number;
  bytes: number;
  /** What to look at, in order: all but the keys that listings prove equal. */
  open: Open[];
};

/** A key to look at. Counts are of the stretch up to and with this key. */
export type Open = { merged: Merged; objects: number; bytes: number };

/**
 * Merges two listings page by page: what is equal costs no call and no object. Equal objects of parts are
 * among the open ones, because tags of an upload in parts are put after it is completed: a process killed
 * in between leaves a copy that listings cannot tell from a good one.
 *
 * An error of either listing comes through: `extra` never follows from a listing that broke off.
 */
export async function* mergePages(
  source: Pick<PageReader, 'next'>,
  target: Pick<PageReader, 'next'>,
): AsyncGenerator<Stretch> {
  let left: Cursor = { page: [], at: 0, ended: false };
  let right: Cursor = { page: [], at: 0, ended: false };
  for (;;) {
    [left, right] = await Promise.all([refill(left, source), refill(right, target)]);
    const stretch = mergeWhileBoth(left, right);
    if (stretch.last !== null) yield stretch;
    if (isDone(left) && isDone(right)) return;
  }
}

type Cursor = { page: ListedObject[]; at: number; ended: boolean };

async function refill(cursor: Cursor, reader: Pick<PageReader, 'next'>): Promise<Cursor> {
  if (cursor.ended || cursor.at < cursor.page.length) return cursor;
  const page = await reader.next();
  return page === null ? { page: [], at: 0, ended: true } : { page, at: 0, ended: false };
}

function isDone({ page, at, ended }: Cursor): boolean {
  return ended && at >= page.length;
}

function mergeWhileBoth(left: Cursor, right: Cursor): Stretch {
  const stretch: Stretch = { last: null, objects: 0, bytes: 0, open: [] };
  for (;;) {
    const a = left.page[left.at];
    const b = right.page[right.at];
    // A side without an entry says that nothing more is there only when its listing has ended.
    if ((a === undefined && !left.ended) || (b === undefined && !right.ended)) return stretch;
    if (a === undefined && b === undefined) return stretch;
    const order = a === undefined ? 1 : b === undefined ? -1 : compareKeys(a.key, b.key);
    if (order <= 0) left.at += 1;
    if (order >= 0) right.at += 1;
    const key = (order <= 0 ? a : b)?.key ?? '';
    stretch.last = key;
    if (key.startsWith(RESERVED_PREFIX)) continue;
    if (a !== undefined && order <= 0) {
      stretch.objects += 1;
      stretch.bytes += a.size;
    }
    const merged = openOf(key, order <= 0 ? a : undefined, order >= 0 ? b : undefined);
    if (merged !== null) stretch.open.push({ merged, objects: stretch.objects, bytes: stretch.bytes });
  }
}

function openOf(
  key: string,
  source: ListedObject | undefined,
  target: ListedObject | undefined,
): Merged | null {
  if (source === undefined) return target === undefined ? null : { kind: 'extra', key, target };
  if (target === undefined) return { kind: 'copy', key, source };
  if (source.size !== target.size || source.etag !== target.etag)
    return { kind: 'copy', key, source, target };
  return isPlainDigest(source.etag) ? null : { kind: 'equal', key, source, target };
}
