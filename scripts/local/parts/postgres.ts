import { chmod, chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { messageOf, UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { claimHome } from './home.ts';
import type { Home } from '../../contract/local/home-paths.ts';
import { connectionString, postgresSocketFolder, ROLE } from '../../contract/local/postgres-address.ts';
import { run, type Say } from './run.ts';
import type { PostgresSpec } from '../../contract/local/specs.ts';
import { ensureSupervisor, tail } from '../../platform/supervisor/supervisor.ts';
import { systemUser } from './system-user.ts';

const PROGRAM = 'postgres';
const DEADLINE_SECONDS = 60;

/** Makes PostgreSQL run with our databases. Keeps what is in them. */
export async function postgresUp(
  spec: PostgresSpec,
  say: Say,
): Promise<{ databases: Record<string, string> }> {
  const home = await claimHome(spec.home);
  const supervisor = await ensureSupervisor(home);
  const user = await systemUser('postgres');
  const socketFolder = postgresSocketFolder(home.folder);
  await mkdir(socketFolder, { recursive: true });
  await chown(socketFolder, user.uid, user.gid);
  await chmod(socketFolder, 0o700);

  const binaries = await findBinaries();
  const data = path.join(home.data, 'postgres');
  await makeCluster(home, data, binaries, user, say);
  await writeAccess(data, user);
  const settings = {
    ...spec.settings,
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await supervisor.bring(
    [
      {
        name: PROGRAM,
        command: [path.join(binaries, 'postgres'), '-D', data, ...words],
        user: 'postgres',
        // "Fast shutdown": ends sessions and writes everything out.
        stopSignal: 'INT',
        stopSeconds: 30,
      },
    ],
    { deadlineSeconds: DEADLINE_SECONDS },
  );
  await makeDatabases(home, socketFolder, spec.databases);
  return {
    databases: Object.fromEntries(spec.databases.map((name) => [name, connectionString(home.folder, name)])),
  };
}

/** Debian keeps each version in a folder of its own; the newest is ours. */
async function findBinaries(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = (await readdir(root).catch(() => [])).map(Number).filter(Number.isInteger);
  if (versions.length === 0) {
    throw new UserError('PostgreSQL is not installed (no /usr/lib/postgresql). Run: npm run local', {
      exitCode: 3,
    });
  }
  return path.join(root, String(Math.max(...versions)), 'bin');
}

async function makeCluster(
  home: Home,
  data: string,
  binaries: string,
  user: { uid: number; gid: number },
  say: Say,
): Promise<void> {
  if ((await readdir(data).catch(() => [])).length > 0) return;
  say('postgres: making a database cluster');
  // Made beside its place and then moved there, so that half of one is never taken for a whole.
  const fresh = path.join(home.data, 'postgres.new');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  await chown(fresh, user.uid, user.gid);
  const words = ['--pgdata', fresh, '--username', 'postgres', '--encoding', 'UTF8', '--locale', 'C.UTF-8'];
  await run([path.join(binaries, 'initdb'), ...words, '--auth', 'peer', '--no-sync'], {
    timeoutSeconds: DEADLINE_SECONDS,
    user,
    cwd: '/',
  });
  await rm(data, { recursive: true, force: true });
  await rename(fresh, data);
}

/** Who may connect: root and the server's own user, as the kernel reports them. */
async function writeAccess(data: string, user: { uid: number; gid: number }): Promise<void> {
  const options = { mode: 0o600, owner: user };
  await writeFileAtomic(path.join(data, 'pg_hba.conf'), 'local all all peer map=local\n', options);
  await writeFileAtomic(
    path.join(data, 'pg_ident.conf'),
    `local postgres postgres\nlocal root postgres\nlocal root ${ROLE}\n`,
    options,
  );
}

async function makeDatabases(home: Home, socketFolder: string, databases: readonly string[]): Promise<void> {
  const client = await connect(home, socketFolder);
  try {
    const roles = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [ROLE]);
    if (roles.rowCount === 0) await client.query(`CREATE ROLE ${ROLE} LOGIN`);
    for (const name of databases) {
      const there = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      if (there.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${ROLE}`);
    }
  } finally {
    await client.end();
  }
}

/** Connects as the superuser as soon as the server accepts connections. */
async function connect(home: Home, socketFolder: string): Promise<pg.Client> {
  const until = performance.now() + DEADLINE_SECONDS * 1000;
  for (;;) {
    const client = new pg.Client({ host: socketFolder, user: 'postgres', database: 'postgres' });
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (performance.now() > until) {
        const log = path.join(home.log, `${PROGRAM}.log`);
        throw new UserError(
          `PostgreSQL does not let us in (${messageOf(error)}). ${log} ends:\n${await tail(log)}`,
          { exitCode: 3, cause: error },
        );
      }
    }
    await sleep(100);
  }
}
