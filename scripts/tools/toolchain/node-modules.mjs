// Keeps node_modules what package-lock.json says.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './folder.mjs';
import { npm } from './installer.mjs';

/** @typedef {{ packages: Record<string, { version?: string, integrity?: string, optional?: boolean }> }} Lock */

/**
 * Runs `npm ci` where node_modules is missing or is not what the lock file says.
 * @param {string} root the checkout
 * @param {(line: string) => void} log
 * @returns {Promise<void>}
 */
export async function ensureNodeModules(root, log) {
  if (difference(root) === null) {
    return;
  }
  // The lock must outlive node_modules, which npm removes, and must not be in the way of git.
  const lock = path.join(root, '.storage', 'npm.lock');
  await withLock(lock, { what: 'it installs the packages', log }, async (hold) => {
    const reason = difference(root);
    if (reason !== null) {
      log(`Installing the packages of package-lock.json: ${reason}.`);
      await npm(['ci'], { hold, cwd: root });
    }
  });
}

/** @param {string} root */
function difference(root) {
  const wanted = read(path.join(root, 'package-lock.json'));
  if (wanted === null) {
    throw new Error(`${path.join(root, 'package-lock.json')} cannot be read: is this a complete checkout?`);
  }
  return differs(wanted, read(path.join(root, 'node_modules/.package-lock.json')));
}

/**
 * Why what is installed is not what is wanted, or null. npm writes its record of what is installed last,
 * so that an install that was killed has none.
 * @param {Lock} wanted
 * @param {Lock | null} installed
 * @returns {string | null}
 */
export function differs(wanted, installed) {
  if (installed === null) {
    return 'none are installed';
  }
  for (const [where, { version, integrity, optional }] of Object.entries(wanted.packages)) {
    const found = installed.packages[where];
    // Optional ones are for other platforms.
    if (where !== '' && !(found === undefined && optional === true)) {
      if (found?.version !== version || found?.integrity !== integrity) {
        return `${where} is ${found?.version ?? 'missing'} and should be ${version}`;
      }
    }
  }
  const extra = Object.keys(installed.packages).find((where) => !(where in wanted.packages));
  return extra === undefined ? null : `${extra} should not be there`;
}

/**
 * @param {string} file
 * @returns {Lock | null}
 */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}
