import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Where the SQL lies: `infra/database/` of this checkout, or where MIGRATE_DATABASE_FOLDER says (a bundle has
 * its own copy beside it).
 */
function folder(): string {
  const elsewhere = process.env['MIGRATE_DATABASE_FOLDER'];
  return elsewhere ?? fileURLToPath(new URL('../../infra/database/', import.meta.url));
}

/** The SQL files right in a folder below `infra/database/`, in the order of their names. */
export async function sqlFiles(of: string): Promise<string[]> {
  const names = await readdir(path.join(folder(), of));
  return names
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${of}/${name}`);
}

/** @param file as `sqlFiles` names it: `roles/cluster.sql` */
export function readSql(file: string): Promise<string> {
  return readFile(path.join(folder(), file), 'utf8');
}
