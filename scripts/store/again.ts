import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from './errors.ts';

const ATTEMPTS = 5;

/**
 * Does what concerns one object up to five times, with pauses that grow from about 40 to about 320 ms, while a
 * failure is one that another attempt may not meet.
 */
export async function again<T>(
  work: () => Promise<T>,
  isWorthAnother: (error: unknown) => boolean,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isWorthAnother(error)) throw error;
      await sleep(20 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

/** Whether a store gave trouble that may pass. After a deadline the caller decides whether to wait as long again. */
export function mayPass(error: unknown): boolean {
  return error instanceof StoreError && error.retryable && error.code !== 'Deadline';
}
