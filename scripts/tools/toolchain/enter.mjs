#!/usr/bin/env node
// The way into everything here: `node scripts/tools/toolchain/enter.mjs SCRIPT [ARGUMENT…]`.
//
// Plain JavaScript without dependencies, because it runs before any is installed and on the Node that the
// machine happens to have (20 or newer). It sees to it that there is a Node that runs our TypeScript as it
// is and that node_modules is what the lock file says, and then becomes that script: same arguments,
// signals and exit code.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { ensureNode } from './node.mjs';
import { ensureNodeModules } from './node-modules.mjs';
import { childVariables } from './variables.mjs';

const root = path.resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../..');
/** @param {string} line */
const log = (line) => console.error(line);

try {
  const [script, ...args] = process.argv.slice(2);
  if (script === undefined) {
    throw new Error('Name the script to run: node scripts/tools/toolchain/enter.mjs SCRIPT [ARGUMENT…]');
  }
  const node = await ensureNode(log);
  // Below node_modules npm has installed us, and what we need beside us.
  if (!root.split(path.sep).includes('node_modules')) await ensureNodeModules(root, log);
  become(node, [path.resolve(script), ...args]);
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}

/**
 * Runs a program in our place: passes signals on to it and ends as it ends.
 * @param {string} node
 * @param {string[]} args
 */
function become(node, args) {
  const child = spawn(node, args, { stdio: 'inherit', env: childVariables(process.env, path.dirname(node)) });
  // Ctrl-C on a terminal reaches the whole process group: passing it on as well would make it two.
  const onTerminal = Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])) {
    process.on(signal, () => {
      if (!(onTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) {
        child.kill(signal);
      }
    });
  }
  child.on('error', (error) => {
    log(`Cannot start ${node}: ${error.message}`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
}
