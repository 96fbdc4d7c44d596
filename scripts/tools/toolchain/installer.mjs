// Runs the programs that download and build.
import { spawn } from 'node:child_process';
import process from 'node:process';
import { installerVariables } from './variables.mjs';

/**
 * Runs a program that installs something. Its output is part of the error when it fails, else not shown.
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {import('node:stream').Writable} [options.hold] keeps a lock for the program should this process be killed
 * @param {string} [options.cwd]
 * @param {Record<string, string>} [options.variables] added to the environment
 * @param {(line: string) => void} [options.onLine] called with each line of the output as it comes
 * @returns {Promise<string>} the output
 */
export async function runInstaller(command, args, options = {}) {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...installerVariables(process.env), ...options.variables },
    stdio: ['ignore', 'pipe', 'pipe', options.hold ?? 'ignore'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    let line = '';
    stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
      const lines = (line + text).split('\n');
      line = lines.pop() ?? '';
      lines.forEach((complete) => options.onLine?.(complete));
    });
  }
  const ended = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  if (ended !== 0) {
    throw new Error(`"${command} ${args.join(' ')}" failed (${ended}):\n${output.trim()}`);
  }
  return output;
}

/**
 * Runs npm without packages' install scripts: npm is about to block those, so nothing may need them.
 * @param {string[]} args
 * @param {{ hold: import('node:stream').Writable, cwd?: string }} options
 */
export async function npm(args, options) {
  await runInstaller(
    'npm',
    [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    options,
  );
}
