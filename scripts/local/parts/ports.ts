import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../contract/errors.ts';

/** How long a daemon of ours that has just been ended may keep its port, in milliseconds. */
const DEADLINE_MS = 3000;

/**
 * Throws a UserError that names the port's owner where one of `ports` on 127.0.0.1 is taken. Only before the
 * first start of a daemon of ours: afterwards it is the owner itself.
 */
export async function assertPortsFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const until = performance.now() + DEADLINE_MS;
    while (!(await isFree(port))) {
      if (performance.now() > until) throw await portInUse(port);
      await sleep(50);
    }
  }
}

async function portInUse(port: number): Promise<UserError> {
  const owner = await ownerOf(port);
  const by = owner === undefined ? 'another process' : `${owner.name} (pid ${owner.pid})`;
  return new UserError(
    `Port ${port} on 127.0.0.1 is in use by ${by}. ` +
      'Stop it, or move all our ports: pulumi config set storage:portBase NUMBER.',
    { exitCode: 3 },
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Who listens on a TCP port, as far as the kernel tells us. */
export async function ownerOf(port: number): Promise<{ name: string; pid: number } | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const files = await readdir(`/proc/${entry}/fd`).catch(() => []);
    for (const file of files) {
      const target = await readlink(`/proc/${entry}/fd/${file}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) {
        const executable = await readlink(`/proc/${entry}/exe`).catch(() => 'an unknown program');
        return { name: path.basename(executable), pid: Number(entry) };
      }
    }
  }
  return undefined;
}

/**
 * The sockets that listen on a port.
 *
 * @param table what `/proc/net/tcp` or `/proc/net/tcp6` holds; see proc(5): address and state in hexadecimal
 */
export function listeningInodes(table: string, port: number): string[] {
  const LISTEN = '0A';
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}
