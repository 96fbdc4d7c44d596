import pg from 'pg';
import type { LedgerAddress } from '../contract/environment.ts';
import { messageOf, UserError } from '../contract/errors.ts';
import { addressOptions } from './address.ts';
import { EmbeddedPool } from './embedded.ts';
import type { Pool, PoolClient } from './database.ts';

// 64-bit numbers as bigint, not as text: positions and epochs are compared all over.
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text));

/**
 * Rows that an index holds in order are read from it, however few the planner takes them for: of a log that was
 * analyzed when all was retired it would read the whole backlog to sort it.
 */
const IN_ORDER = '-c enable_sort=off';
/**
 * Our statements touch few rows, and compiling one takes up to half a second. PostgreSQL decides by the estimated cost,
 * which `enable_sort=off` raises beyond any bound wherever a statement still sorts.
 */
const UNCOMPILED = '-c jit=off';

/**
 * Opens the ledger. Connections are made when they are needed, so this does not fail yet where
 * PostgreSQL is away; `assertReachable` says so in plain words.
 */
export function openLedger(
  address: LedgerAddress,
  options: { max?: number; application?: string; inOrder?: boolean } = {},
): Pool {
  if (typeof address === 'object' && address.kind === 'embedded') {
    return new EmbeddedPool(address.folder);
  }
  const pool = new pg.Pool({
    ...addressOptions(address),
    max: options.max ?? 8,
    application_name: options.application ?? 'migrate',
    connectionTimeoutMillis: 5000,
    // A worker waits for no lock longer than its claim lives.
    statement_timeout: 60_000,
    options: options.inOrder === true ? `${UNCOMPILED} ${IN_ORDER}` : UNCOMPILED,
  });
  // A connection that breaks (PostgreSQL restarted) fails the query under way or the next one, and the pool replaces
  // it. Without a listener it would end the process: the pool listens only to those that are idle.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Throws a UserError (exit 3) that names the server where the ledger does not answer. */
export async function assertReachable(pool: Pool): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    if (error instanceof UserError || !(pool instanceof pg.Pool)) throw error;
    throw unreachable(pool, error);
  }
}

function unreachable(pool: pg.Pool, error: unknown): UserError {
  const { host, port, database } = new pg.Client(pool.options);
  return new UserError(
    `The ledger does not answer: PostgreSQL at ${host}:${port}, database "${database ?? ''}": ${messageOf(error)}. ` +
      'Start PostgreSQL (locally: npm run local brings it back) and run this again; nothing was changed.',
    { exitCode: 3, cause: error },
  );
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: unknown) => {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The only row of a statement that returns exactly one. */
export function onlyRow<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) {
    throw new Error(`Expected one row, got ${rows.length}`);
  }
  return row;
}
