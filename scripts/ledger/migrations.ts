import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transaction, type Pool } from './connect.ts';

const FOLDER = fileURLToPath(new URL('../../infra/database/ledger/', import.meta.url));

/** Any constant serves: it keeps two migrations of one database from running at once. */
const MIGRATION_LOCK = 7_203_118;

/**
 * Brings the ledger's schema up to date: every file of `infra/database/ledger/`, in the order of its
 * name, once. All in one transaction, so a failed one leaves the schema as it was.
 *
 * @returns the names of the files applied now; empty when nothing was missing.
 */
export async function migrateLedger(pool: Pool): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  return transaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migration');
    const standing = new Set(rows.map((row) => row.name));
    const missing = files.filter((name) => !standing.has(name));
    for (const name of missing) {
      await client.query(await readFile(FOLDER + name, 'utf8'));
      await client.query('INSERT INTO schema_migration (name) VALUES ($1)', [name]);
    }
    return missing;
  });
}
