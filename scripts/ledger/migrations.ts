import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transaction } from './connect.ts';
import type { Database, Pool } from './database.ts';

/** Any constant serves: it keeps two migrations of one database from running at once. */
const MIGRATION_LOCK = 7_203_118;

/** Where the SQL is; a bundle has the folder at the same place. */
const FOLDER = fileURLToPath(new URL('../../infra/database/', import.meta.url));

/**
 * Brings the ledger's schema up to date. All in one transaction, so a failed one leaves the schema as it was.
 *
 * @returns the names of the files applied now; empty when nothing was missing
 */
export function migrateLedger(pool: Pool): Promise<string[]> {
  return transaction(pool, (client) => applyMissing(client, ['ledger']));
}

/**
 * Applies every SQL file of some folders of `infra/database/` that a database does not have yet, in the caller's
 * transaction. What is made belongs to the caller's role.
 */
export async function applyMissing(client: Database, folders: readonly string[]): Promise<string[]> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
  );
  const { rows } = await client.query<{ name: string }>('SELECT name FROM schema_migration');
  const present = new Set(rows.map((row) => row.name));
  const applied: string[] = [];
  for (const file of (await Promise.all(folders.map(sqlFiles))).flat()) {
    const name = recordedName(file);
    if (present.has(name)) continue;
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

/** The SQL files right in a folder below `infra/database/`, in the order of their names. */
export async function sqlFiles(of: string): Promise<string[]> {
  const names = await readdir(path.join(FOLDER, of));
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${of}/${name}`);
}

/** @param file as `sqlFiles` names it: `roles/cluster.sql` */
export function readSql(file: string): Promise<string> {
  return readFile(path.join(FOLDER, file), 'utf8');
}
