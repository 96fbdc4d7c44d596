import { UserError } from '../contract/errors.ts';
import { tryLock } from '../platform/lock-file.ts';

/**
 * Keeps two runs from driving one environment. Free as soon as its process is dead, also by kill -9.
 *
 * @returns gives the lock back
 */
export async function lockRun(home: string): Promise<() => void> {
  const lock = await tryLock(`${home} run`);
  if (typeof lock === 'function') return lock;
  throw new UserError(
    `Another run (process ${lock}) is at work on ${home}. Wait for it or stop it, or use another folder and other ports: --home DIR --port-base N`,
    { exitCode: 1 },
  );
}
