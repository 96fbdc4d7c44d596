import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { findExecutable, isAtLeast, isExecutable } from './executables.ts';
import { toolchainFolder, withLock } from './folder.mjs';
import { buildPulumi, BUILT_VERSION } from './pulumi-build.ts';
import { downloadPulumi, DOWNLOADED_VERSION } from './pulumi-download.ts';

/** Older ones lack what our programs use (`retainOnDelete` with hooks, local plugins on PATH). */
const LEAST_VERSION = '3.100.0';

export type Pulumi = {
  /** The folder to put on PATH; it has `pulumi` and `pulumi-language-nodejs`. */
  binDir: string;
  /** For example `3.259.0`. */
  version: string;
};

/**
 * A Pulumi CLI with its host for Node programs: the one on PATH, else one that an earlier run installed,
 * else the official download, else one built from its Go modules (three minutes, once).
 *
 * Throws a UserError that says how to install it by hand.
 */
export async function ensurePulumi({ log }: { log: (line: string) => void }): Promise<Pulumi> {
  const onPath = await pulumiOnPath(log);
  if (onPath !== null) {
    return onPath;
  }
  const folder = toolchainFolder();
  const downloaded = path.join(folder, `pulumi-${DOWNLOADED_VERSION}`);
  const built = path.join(folder, `pulumi-${BUILT_VERSION}`);
  const installed = async () => (await pulumiIn(downloaded)) ?? (await pulumiIn(built));
  return (
    (await installed()) ??
    withLock(path.join(folder, 'pulumi.lock'), { what: 'it installs Pulumi', log }, async (hold) => {
      const meanwhile = await installed();
      if (meanwhile !== null) {
        return meanwhile;
      }
      log('Installing the Pulumi CLI: there is none on PATH.');
      const target = await downloadPulumi({ target: downloaded, hold, log })
        .then(() => downloaded)
        .catch(async (reason: unknown) => {
          log(`The official download is out of reach (${messageOf(reason)}).`);
          await buildPulumi({ target: built, hold, log });
          return built;
        });
      const result = await pulumiIn(target);
      if (result === null) {
        throw new UserError(`The Pulumi that was installed in ${target} does not run.`, { exitCode: 3 });
      }
      return result;
    })
  );
}

async function pulumiOnPath(log: (line: string) => void): Promise<Pulumi | null> {
  const command = await findExecutable('pulumi');
  if (command === null) {
    return null;
  }
  const binDir = path.dirname(command);
  const version = await versionOf(command);
  if (version === null || !isAtLeast(version, LEAST_VERSION)) {
    log(`${command} is set aside: it is ${version ?? 'not runnable'}, at least ${LEAST_VERSION} is needed.`);
    return null;
  }
  // The engine looks for the host beside itself and on PATH.
  const host = 'pulumi-language-nodejs';
  const beside = path.join(path.dirname(await realpath(command)), host);
  if (!(await isExecutable(beside)) && (await findExecutable(host)) === null) {
    log(`${command} is set aside: its ${host} is missing.`);
    return null;
  }
  return { binDir, version };
}

async function pulumiIn(target: string): Promise<Pulumi | null> {
  const binDir = path.join(target, 'bin');
  const command = path.join(binDir, 'pulumi');
  const version = (await isExecutable(command)) ? await versionOf(command) : null;
  return version === null ? null : { binDir, version };
}

async function versionOf(command: string): Promise<string | null> {
  const result = await execa(command, ['version'], {
    env: { PULUMI_SKIP_UPDATE_CHECK: 'true' },
    timeout: 30_000,
    reject: false,
  });
  return result.failed ? null : result.stdout.trim().replace(/^v/, '');
}
