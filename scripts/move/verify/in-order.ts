import { compareKeys } from '../../store/keys.ts';

/**
 * Works on items side by side, at most `concurrency` at a time, and yields the results in the items'
 * order. Holds no more than `concurrency` items, however many there are.
 */
export async function* mapInOrder<T, R>(
  items: AsyncIterable<T> | Iterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const window: Promise<R>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      // The failure is thrown when its turn comes; until then it must not count as nobody's.
      result.catch(() => undefined);
      window.push(result);
      if (window.length >= concurrency) yield await (window.shift() as Promise<R>);
    }
    while (window.length > 0) yield await (window.shift() as Promise<R>);
  } finally {
    await Promise.allSettled(window);
  }
}

/** The keys of both, in S3's order, each once. Both are in that order already; one of each is held. */
export async function* inOrderOnce(
  one: Iterable<string>,
  other: AsyncIterable<string>,
): AsyncGenerator<string> {
  const left = one[Symbol.iterator]();
  let next = left.next();
  for await (const key of other) {
    while (next.done !== true && compareKeys(next.value, key) < 0) {
      yield next.value;
      next = left.next();
    }
    if (next.done !== true && next.value === key) next = left.next();
    yield key;
  }
  for (; next.done !== true; next = left.next()) yield next.value;
}
