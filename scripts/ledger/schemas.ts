import { transaction, type Database, type Pool } from './connect.ts';
import { readSql, sqlFiles } from './folder.ts';

/** Any constant serves: it keeps two migrations of one database from running at once. */
const MIGRATION_LOCK = 7_203_118;

/** What each database's schema is made of: folders of `infra/database/`, in their order. */
export const SCHEMAS = {
  ledger: ['ledger'],
  food: ['food'],
  /** The food database on Aurora, where SQL can ask models. */
  foodWithModels: ['food', 'food/aws_ml'],
} as const satisfies Record<string, readonly string[]>;

/**
 * Brings a database's schema up to date: every SQL file of its folders, in the order of its name, once. All
 * in one transaction, so a failed one leaves the schema as it was.
 *
 * @param folders one of SCHEMAS
 * @returns the names of the files applied now; empty when nothing was missing
 */
export function migrate(pool: Pool, folders: readonly string[]): Promise<string[]> {
  return transaction(pool, (client) => applyMissing(client, folders));
}

/** The same inside the caller's transaction. What is made belongs to the role that the caller has. */
export async function applyMissing(client: Database, folders: readonly string[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migration');
  const standing = new Set(rows.map((row) => row.name));
  const applied: string[] = [];
  for (const file of (await Promise.all(folders.map(sqlFiles))).flat()) {
    const name = recordedName(file);
    if (standing.has(name)) continue;
    await client.query(await readSql(file));
    await client.query('INSERT INTO schema_migration (name) VALUES ($1)', [name]);
    applied.push(name);
  }
  return applied;
}

/** Without the database's own folder: `0001-move.sql`, `aws_ml/0500-model-functions.sql`. */
function recordedName(file: string): string {
  return file.slice(file.indexOf('/') + 1);
}
