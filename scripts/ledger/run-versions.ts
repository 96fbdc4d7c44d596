import type { Database } from './database.ts';

/** Makes a run, right after it was begun, one that carries every version and not the latest alone. */
export async function carryVersions(db: Database, run: bigint): Promise<void> {
  await db.query('UPDATE sync_run SET versions = true WHERE run = $1', [run]);
}

/** Whether a run carries every version: all its workers do the same, whatever they were started with. */
export async function carriesVersions(db: Database, run: bigint): Promise<boolean> {
  const { rows } = await db.query<{ versions: boolean }>('SELECT versions FROM sync_run WHERE run = $1', [
    run,
  ]);
  return rows[0]?.versions === true;
}
