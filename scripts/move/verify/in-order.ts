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
