import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pg from 'pg';
import { run } from '../../scripts/local/parts/run.ts';
import { systemUser } from '../../scripts/local/parts/system-user.ts';

/** A PostgreSQL server of a test's own, with nothing in it. */
export type OwnPostgres = {
  port: number;
  /** Of the server's certificate, for 127.0.0.1. */
  certificateAuthority: string;
  /** Logs in through the socket, where everybody is believed. */
  connect(database: string, user?: string): Promise<pg.Client>;
  stop(): Promise<void>;
};

/**
 * Through the socket everybody is believed; over TCP only TLS and passwords are. Like on RDS, the password of
 * a member of `rds_iam` is not taken, directly a member or through others.
 */
const ACCESS = `
local   all postgres     trust
local   all all          trust
hostssl all +rds_iam 127.0.0.1/32 reject
hostssl all all      127.0.0.1/32 scram-sha-256
`;
const LIMIT_SECONDS = 30;

/** Makes a server of its own and starts it; needs root and Debian's PostgreSQL. */
export async function ownPostgres(): Promise<OwnPostgres> {
  const user = await systemUser('postgres');
  const versions = (await readdir('/usr/lib/postgresql')).map(Number).filter(Number.isInteger);
  const binaries = path.join('/usr/lib/postgresql', String(Math.max(...versions)), 'bin');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-postgres-'));
  await chown(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const initdb = ['--pgdata', data, '--username', 'postgres', '--encoding', 'UTF8', '--locale', 'C.UTF-8'];
  await run([path.join(binaries, 'initdb'), ...initdb, '--auth', 'trust', '--no-sync'], {
    timeoutSeconds: LIMIT_SECONDS,
    user,
    cwd: '/',
  });
  await writeFile(path.join(data, 'pg_hba.conf'), ACCESS);
  const certificateAuthority = path.join(folder, 'server.crt');
  await makeCertificate(folder, user);
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    ssl: 'on',
    ssl_cert_file: certificateAuthority,
    ssl_key_file: path.join(folder, 'server.key'),
    fsync: 'off', // it holds nothing that must outlive the test
  };
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = spawn(
    '/usr/bin/setpriv',
    ['--pdeathsig', 'INT', path.join(binaries, 'postgres'), '-D', data, ...words],
    { ...user, cwd: '/', stdio: 'ignore' },
  );
  const ended = once(server, 'exit');
  const connect = async (database: string, as = 'postgres') => {
    const client = new pg.Client({ host: folder, port, database, user: as });
    await client.connect();
    return client;
  };
  const stop = async () => {
    server.kill('SIGINT');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(connect, ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, certificateAuthority, connect, stop };
}

async function untilItAnswers(connect: OwnPostgres['connect'], ended: Promise<unknown>): Promise<void> {
  let alive = true;
  void ended.then(() => (alive = false));
  const until = performance.now() + LIMIT_SECONDS * 1000;
  for (;;) {
    try {
      return await (await connect('postgres')).end();
    } catch (error) {
      if (!alive || performance.now() > until) throw error;
    }
    await sleep(50);
  }
}

async function makeCertificate(folder: string, user: { uid: number; gid: number }): Promise<void> {
  const [certificate, key] = [path.join(folder, 'server.crt'), path.join(folder, 'server.key')];
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await execa(
    'openssl',
    [
      ...words,
      '-days',
      '2',
      '-keyout',
      key,
      '-out',
      certificate,
      '-subj',
      '/CN=a test',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    ],
    { cwd: folder },
  );
  for (const file of [certificate, key]) await chown(file, user.uid, user.gid);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
