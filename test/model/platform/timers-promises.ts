import { thisProcess } from './simulation.ts';

/** In the place of `node:timers/promises` for the code that runs in the model. */

export async function setTimeout<T>(
  milliseconds = 0,
  value?: T,
  options: { signal?: AbortSignal } = {},
): Promise<T> {
  const { signal } = options;
  signal?.throwIfAborted();
  const slept = thisProcess().simulation.hop(Math.max(1, milliseconds));
  if (signal === undefined) await slept;
  else {
    const { promise, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([slept, promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }
  return value as T;
}
