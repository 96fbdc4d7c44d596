import type { Pool } from './database.ts';
import { EmbeddedPool } from './embedded.ts';
import type { Turns } from './turns.ts';

/** One number for each thing that may run only once at a time. */
const LOCKS = { step: 7_203_200, hold: 7_203_201, split: 7_203_202 } as const;

export type HeldLock = {
  /** Throws where the connection broke: another process may have the lock by now. */
  assertHeld(): void;
  release(): void;
};

/** `onWait` is called once when another holder has the lock, with the name of its connection. */
type LockOptions = { wait: boolean; onWait?: (holder: string) => void };

/**
 * Takes a lock that lives as long as this process's connection: `kill -9` frees it at once, a stopped
 * process keeps it. Null where another process has it and `wait` is false.
 */
export async function takeLock(
  pool: Pool,
  name: keyof typeof LOCKS,
  options: LockOptions,
): Promise<HeldLock | null> {
  if (pool instanceof EmbeddedPool) return takeTurn(await pool.locks(), name, options);
  const client = await pool.connect();
  let broken = false;
  client.on('error', () => {
    broken = true;
  });
  const lock: HeldLock = {
    assertHeld() {
      if (broken)
        throw new Error(`The ledger's connection broke and with it the lock "${name}"; run this again`);
    },
    // Closing the connection is what frees the lock, whatever state the session is in.
    release: () => client.release(true),
  };
  try {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
      LOCKS[name],
    ]);
    if (rows[0]?.taken === true) return lock;
    if (!options.wait) {
      lock.release();
      return null;
    }
    options.onWait?.(await holderOf(pool, LOCKS[name]));
    await client.query('SET statement_timeout = 0');
    await client.query('SELECT pg_advisory_lock($1)', [LOCKS[name]]);
    return lock;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function takeTurn(turns: Turns, name: string, { wait, onWait }: LockOptions): Promise<HeldLock | null> {
  if (turns.isTaken(name)) {
    if (!wait) return null;
    onWait?.('this process');
  }
  return { assertHeld: () => undefined, release: await turns.take(name) };
}

async function holderOf(pool: Pool, lock: number): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT a.application_name AS name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE l.locktype = 'advisory' AND l.objid = $1 AND l.granted`,
    [lock],
  );
  return rows[0]?.name ?? 'unknown';
}
