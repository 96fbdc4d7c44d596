import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until this process is older than a second and a half. A supervisor takes one that ends sooner for
 * one that failed to start, and starts it again, though it only found nothing left to do.
 */
export async function outliveStart(): Promise<void> {
  await sleep(Math.max(0, 1500 - process.uptime() * 1000));
}

/** Aborts when the process is asked to stop, so that long work ends between two requests. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}
