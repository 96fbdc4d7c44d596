// The folder that keeps what we install for ourselves, and the lock that makes two runs take turns.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

/**
 * Shared by all checkouts of a user, so that a second one need not build again. Each tool has a sub-folder
 * that carries its version.
 * @param {Readonly<Record<string, string | undefined>>} [variables]
 * @returns {string}
 */
export function toolchainFolder(variables = process.env) {
  const cache = variables['XDG_CACHE_HOME'];
  const base = cache !== undefined && path.isAbsolute(cache) ? cache : path.join(os.homedir(), '.cache');
  return path.join(base, 'storage-toolchain');
}

/**
 * Runs `work` while no other process does the same.
 *
 * The kernel holds the lock (flock), so that a killed owner gives it up. It is held for as long as anybody
 * has the pipe `hold` open: pass that to a child process which must not be overtaken when this process is
 * killed in the middle.
 * @template T
 * @param {string} file the lock file; its folder is made when missing
 * @param {{ what: string, log: (line: string) => void }} options what is being waited for, for the one who waits
 * @param {(hold: import('node:stream').Writable) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, options, work) {
  mkdirSync(path.dirname(file), { recursive: true });
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => holder.once('close', resolve));
  const waiting = setTimeout(
    () => options.log(`Waiting for another run: ${options.what}; it goes on when that ends.`),
    1000,
  );
  try {
    const [first] = await Promise.race([
      once(holder.stdout, 'data'),
      ended.then(() => []),
      once(holder, 'error').then(([error]) => Promise.reject(error)),
    ]);
    if (first === undefined) {
      throw new Error('flock ended');
    }
  } catch (error) {
    throw new Error(`Cannot lock ${file} (needs flock, of util-linux): ${String(error)}`, { cause: error });
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work(holder.stdin);
  } finally {
    holder.stdin.end();
    await ended;
  }
}

/**
 * A new empty folder beside `target`, to be renamed to it when it is complete. Removes those that killed
 * runs left behind: call it under the lock of `target`.
 * @param {string} target
 * @returns {string}
 */
export function incomingFolder(target) {
  const prefix = `${path.basename(target)}.incoming-`;
  const parent = path.dirname(target);
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    if (name.startsWith(prefix)) {
      rmSync(path.join(parent, name), { recursive: true, force: true });
    }
  }
  return mkdtempSync(path.join(parent, prefix));
}
