import { existsSync } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { messageOf, UserError } from '../../contract/errors.ts';
import { toolchainFolder, withLock } from './folder.mjs';
import { runInstaller } from './installer.mjs';

/** A Debian package and what it is needed for, in words for a person. */
export type NeededPackage = { package: string; why: string };

type Options = {
  log: (line: string) => void;
  /** The root of the file system; another one in tests. */
  root?: string;
  /** The effective user id. */
  uid?: number;
};

/** Waiting for another apt or dpkg, in seconds. */
const DPKG_LOCK_SECONDS = 600;

/** A service that a package brings must not start by itself: our own supervisor starts what we need. */
const POLICY_MARK = '# storage: starts no service while packages are installed';
const POLICY = `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`;

/**
 * Installs those of the packages that are missing, and says what and why. Starts no service and leaves none
 * to start at the next boot; makes no PostgreSQL cluster.
 *
 * Throws a UserError with the exact command to run by hand where this user or this system cannot.
 */
export async function ensureDebianPackages(
  needed: readonly NeededPackage[],
  options: Options,
): Promise<void> {
  const root = options.root ?? '/';
  const names = needed.map((entry) => entry.package);
  const missing = await missingPackages(names);
  const policyLeft = await isOurs(path.join(root, POLICY_FILE));
  if (missing.length === 0 && !policyLeft) {
    return;
  }
  checkPossible(missing, options);
  const lock = path.join(toolchainFolder(), 'debian.lock');
  await withLock(lock, { what: 'it installs Debian packages', log: options.log }, async (hold) => {
    await restorePolicy(root);
    const still = await missingPackages(names);
    if (still.length > 0) {
      options.log('Installing Debian packages:');
      for (const entry of needed.filter(({ package: name }) => still.includes(name))) {
        options.log(`  ${entry.package}: ${entry.why}`);
      }
      await forbidPostgresCluster(root, still);
      await forbidServices(root);
      try {
        await install(still, hold);
        await disableServices(root, still);
      } finally {
        await restorePolicy(root);
      }
    }
  });
}

/** Those of the packages that are not installed. All of them where there is no dpkg. */
async function missingPackages(names: string[]): Promise<string[]> {
  const result = await execa('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n', ...names], {
    reject: false,
  });
  const installed = result.stdout?.split('\n').filter((line) => line.trimEnd().endsWith(' ii')) ?? [];
  const found = new Set(installed.map((line) => line.split(' ')[0]));
  return names.filter((name) => !found.has(name));
}

function checkPossible(missing: string[], { root = '/', uid = process.geteuid?.() ?? 0 }: Options): void {
  const command = `apt-get update && apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (uid !== 0) {
    throw new UserError(
      `These Debian packages are missing, and only root may install them. As root run:\n  ${command}`,
      { exitCode: 3 },
    );
  }
  if (process.platform !== 'linux' || !existsSync(path.join(root, 'etc/debian_version'))) {
    throw new UserError(
      `This is no Debian, so what is missing has to be installed by hand. On Debian 12 it is:\n  ${command}`,
      { exitCode: 3 },
    );
  }
}

async function install(names: string[], hold: Writable): Promise<void> {
  const lock = ['-o', `DPkg::Lock::Timeout=${DPKG_LOCK_SECONDS}`];
  const variables = {
    DEBIAN_FRONTEND: 'noninteractive',
    APT_LISTCHANGES_FRONTEND: 'none',
    NEEDRESTART_SUSPEND: '1',
  };
  // Lists that cannot be refreshed may still be new enough: the install tells.
  const update = await runInstaller('apt-get', [...lock, 'update'], { hold, variables }).then(
    () => '',
    messageOf,
  );
  const keepConfiguration = [
    '-o',
    'Dpkg::Options::=--force-confdef',
    '-o',
    'Dpkg::Options::=--force-confold',
  ];
  await runInstaller(
    'apt-get',
    [...lock, ...keepConfiguration, 'install', '--yes', '--no-install-recommends', ...names],
    { hold, variables },
  ).catch((error: unknown) => {
    const lists = update === '' ? '' : `\nBefore that:\n${update}`;
    throw new UserError(`Debian packages cannot be installed: ${messageOf(error)}${lists}`, {
      exitCode: 3,
      cause: error,
    });
  });
}

const POLICY_FILE = 'usr/sbin/policy-rc.d';

/** Puts a policy in place that lets no package start a service; somebody else's is put aside. */
async function forbidServices(root: string): Promise<void> {
  const file = path.join(root, POLICY_FILE);
  if (await exists(file)) {
    await rename(file, `${file}.storage-original`);
  }
  await writeFile(file, POLICY, { mode: 0o755 });
}

/** Undoes that, also after a run that was killed. */
async function restorePolicy(root: string): Promise<void> {
  const file = path.join(root, POLICY_FILE);
  const original = `${file}.storage-original`;
  if (await exists(original)) {
    await rename(original, file);
  } else if (await isOurs(file)) {
    await rm(file);
  }
}

async function isOurs(file: string): Promise<boolean> {
  return readFile(file, 'utf8').then(
    (text) => text.includes(POLICY_MARK),
    () => false,
  );
}

/** PostgreSQL's package would make a cluster of its own, with a server on port 5432. */
async function forbidPostgresCluster(root: string, names: string[]): Promise<void> {
  if (!names.some((name) => /^postgresql(-\d+)?$/.test(name))) {
    return;
  }
  const file = path.join(root, 'etc/postgresql-common/createcluster.conf');
  const text = await readFile(file, 'utf8').catch(() => '');
  if (!/^\s*create_main_cluster\s*=/m.test(text)) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(
      file,
      `${text}# Set before the first server was installed: nobody asked for a cluster.\ncreate_main_cluster = false\n`,
    );
  }
}

/** Keeps what was just installed from starting at the next boot. */
async function disableServices(root: string, names: string[]): Promise<void> {
  if (!(await exists(path.join(root, 'run/systemd/system')))) {
    return;
  }
  const { stdout } = await execa('dpkg', ['-L', ...names], { reject: false });
  const units = stdout
    .split('\n')
    .filter((file) => /\/systemd\/system\/[^/@]+\.(service|socket|target|timer)$/.test(file))
    .map((file) => path.basename(file));
  if (units.length > 0) {
    await execa('systemctl', ['disable', '--quiet', ...units], { reject: false });
  }
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
