import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { UserError } from '../contract/errors.ts';

const LOCK = 'lock.sqlite';
const HOLDER = 'holder.json';

/** The process that has a ledger's folder, for the message to the next one. */
type Holder = { pid: number; command: string; since: string };

/**
 * Takes a ledger's folder for this process. The lock is the kernel's, on a file of SQLite (Node has no other
 * way to one): it ends with the process, however that ends, so no lock is ever stale.
 *
 * @returns what gives the folder back
 * @throws UserError (exit 3) that names the process which has it
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(path.join(folder, LOCK), { timeout: 0 });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isBusy(error)) throw error;
    throw new UserError(
      `The ledger in ${folder} is in use by ${describeHolder(folder)}; one process at a time can have it. ` +
        'Wait for it to end, or give a database that many can use: --ledger postgres://USER@HOST/DATABASE',
      { exitCode: 3, cause: error },
    );
  }
  const holder: Holder = {
    pid: process.pid,
    command: process.argv.slice(2).join(' '),
    since: new Date().toISOString(),
  };
  writeFileSync(path.join(folder, HOLDER), `${JSON.stringify(holder)}\n`);
  return () => lock.close();
}

function isBusy(error: unknown): boolean {
  const SQLITE_BUSY = 5;
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

/** The other process may just be writing the file. */
function describeHolder(folder: string): string {
  try {
    const { pid, command, since } = JSON.parse(readFileSync(path.join(folder, HOLDER), 'utf8')) as Holder;
    return `process ${pid} ("migrate ${command}", since ${since})`;
  } catch {
    return 'another process';
  }
}
