import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { ensureDebianPackages } from './debian.ts';
import { toolchainFolder, withLock } from './folder.mjs';
import { runInstaller } from './installer.mjs';

/** The tools that are Python packages. Each has a file `python/NAME.txt`: every package with its version. */
export const PYTHON_TOOLS = ['cfn-lint', 'checkov', 'moto', 'zizmor'] as const;
export type PythonTool = (typeof PYTHON_TOOLS)[number];

/**
 * A Python tool in a virtual environment of its own. Returns the folder of its executables.
 *
 * The environment is made once for what `python/NAME.txt` says; another text makes another one. Throws a
 * UserError that says what is missing: Python 3.10 or newer with `venv`, or the package registry.
 */
export async function ensurePythonTool(
  tool: PythonTool,
  { log }: { log: (line: string) => void },
): Promise<string> {
  const requirements = path.join(import.meta.dirname, 'python', `${tool}.txt`);
  const text = await readFile(requirements, 'utf8');
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const target = path.join(toolchainFolder(), `python-${tool}-${digest}`);
  const binDir = path.join(target, 'bin');
  const complete = path.join(target, 'complete');
  const installed = async () => (await readFile(complete, 'utf8').catch(() => '')) === target;
  if (await installed()) return binDir;
  await withLock(`${target}.lock`, { what: `it installs ${tool}`, log }, async (hold) => {
    if (await installed()) return;
    log(`Installing the Python tool ${tool} into ${target}, once.`);
    try {
      if (!(await hasPython())) await installVenv(log);
      // An environment knows its own path: it is made in place, and counts only with the mark in it.
      await rm(target, { recursive: true, force: true });
      await runInstaller('python3', ['-m', 'venv', target], { hold });
      await runInstaller(
        path.join(binDir, 'python'),
        ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '-r', requirements],
        { hold },
      );
      await writeFile(complete, target);
    } catch (error) {
      throw new UserError(
        `${tool} cannot be installed: ${messageOf(error)}\n` +
          'It needs Python 3.10 or newer with venv (on Debian: apt-get install python3-venv) and a package registry.',
        { exitCode: 3, cause: error },
      );
    }
  });
  return binDir;
}

async function hasPython(): Promise<boolean> {
  const { stdout, failed } = await execa(
    'python3',
    ['-c', 'import sys, venv, ensurepip; print(sys.version_info >= (3, 10))'],
    { reject: false },
  );
  return !failed && stdout.trim() === 'True';
}

/** Debian keeps `venv` in a package of its own, which its images with Python have not. */
async function installVenv(log: (line: string) => void): Promise<void> {
  await ensureDebianPackages(
    [{ package: 'python3-venv', why: 'virtual environments, for tools that are Python packages' }],
    { log },
  );
  if (!(await hasPython())) throw new Error('python3 on PATH is too old, or without venv');
}
