import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ensureDebianPackages } from '../../../../scripts/tools/toolchain/debian.ts';

/** A file system of its own, and programs that say what they were asked for. */
let root: string;
const lines: string[] = [];
const log = (line: string) => void lines.push(line);
const needed = [
  { package: 'nginx', why: 'the cache tier' },
  { package: 'postgresql', why: 'the ledger' },
];

beforeEach(async () => {
  lines.length = 0;
  root = await mkdtemp(path.join(os.tmpdir(), 'storage-debian-'));
  for (const folder of ['bin', 'etc', 'usr/sbin']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await writeFile(path.join(root, 'etc/debian_version'), '12.9\n');
  await writeFile(path.join(root, 'installed'), '');
  await program('dpkg-query', `cat "${root}/installed"`);
  await program(
    'apt-get',
    `echo "$DEBIAN_FRONTEND $http_proxy $*" >> "${root}/calls"
     case "$*" in *install*)
       "${root}/usr/sbin/policy-rc.d" nginx start; echo "policy says $?" >> "${root}/calls"
       echo 'nginx ii ' > "${root}/installed"; echo 'postgresql ii ' >> "${root}/installed";;
     esac`,
  );
  vi.stubEnv('PATH', `${root}/bin:${process.env['PATH'] ?? ''}`);
  vi.stubEnv('XDG_CACHE_HOME', path.join(root, 'cache'));
  vi.stubEnv('STORAGE_INSTALLER_http_proxy', 'http://proxy:1');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

async function program(name: string, body: string): Promise<void> {
  const file = path.join(root, 'bin', name);
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
}

const calls = () => readFile(path.join(root, 'calls'), 'utf8').catch(() => '');
const policy = path.join('usr/sbin/policy-rc.d');

it('installs what is missing, says why, and starts nothing', async () => {
  await ensureDebianPackages(needed, { log, root, uid: 0 });
  expect(lines).toEqual([
    'Installing Debian packages:',
    '  nginx: the cache tier',
    '  postgresql: the ledger',
  ]);
  expect(await calls()).toBe(
    'noninteractive http://proxy:1 -o DPkg::Lock::Timeout=600 update\n' +
      'noninteractive http://proxy:1 -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install --yes --no-install-recommends nginx postgresql\n' +
      'policy says 101\n',
  );
  await expect(stat(path.join(root, policy))).rejects.toThrow('ENOENT');
  expect(await readFile(path.join(root, 'etc/postgresql-common/createcluster.conf'), 'utf8')).toContain(
    '\ncreate_main_cluster = false\n',
  );
  await ensureDebianPackages(needed, { log, root, uid: 0 });
  expect(lines).toHaveLength(3);
});

it("puts somebody else's policy back, also when the install fails", async () => {
  await writeFile(path.join(root, policy), '#!/bin/sh\nexit 0\n');
  await program('apt-get', `case "$*" in *install*) echo 'E: no space'; exit 100;; esac`);
  await expect(ensureDebianPackages(needed, { log, root, uid: 0 })).rejects.toThrow(
    /^Debian packages cannot be installed: .*\nE: no space$/,
  );
  expect(await readFile(path.join(root, policy), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
});

it('puts right what a killed run left, even if nothing is missing any more', async () => {
  await writeFile(path.join(root, policy), '#!/bin/sh\nexit 0\n');
  // As after a kill in the middle: ours in place, theirs aside.
  await writeFile(path.join(root, `${policy}.storage-original`), '#!/bin/sh\nexit 0\n');
  await writeFile(
    path.join(root, policy),
    '#!/bin/sh\n# storage: starts no service while packages are installed\nexit 101\n',
  );
  await writeFile(path.join(root, 'installed'), 'nginx ii \npostgresql ii \n');
  await ensureDebianPackages(needed, { log, root, uid: 0 });
  expect(await readFile(path.join(root, policy), 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  expect(lines).toEqual([]);
});

it('leaves a setting about PostgreSQL clusters alone', async () => {
  const file = path.join(root, 'etc/postgresql-common/createcluster.conf');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'create_main_cluster = true\n');
  await ensureDebianPackages(needed, { log, root, uid: 0 });
  expect(await readFile(file, 'utf8')).toBe('create_main_cluster = true\n');
});

it('names the command for root where this user may not install', async () => {
  await writeFile(path.join(root, 'installed'), 'nginx ii \n');
  await expect(ensureDebianPackages(needed, { log, root, uid: 1000 })).rejects.toThrow(
    'These Debian packages are missing, and only root may install them. As root run:\n' +
      '  apt-get update && apt-get install --no-install-recommends postgresql',
  );
  expect(await calls()).toBe('');
});

it('names the packages where this is no Debian', async () => {
  await rm(path.join(root, 'etc/debian_version'));
  await expect(ensureDebianPackages(needed, { log, root, uid: 0 })).rejects.toThrow(
    /^This is no Debian.*apt-get install --no-install-recommends nginx postgresql$/s,
  );
});
