import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { loopbackConfiguration } from '../../infra/local/ceph/configuration.ts';
import type { ClusterSpec } from '../../infra/local/ceph/cluster.ts';
import { cephKey, keyringText, principalsOf } from '../../infra/local/ceph/keyring.ts';

/**
 * A real Ceph cluster without a pool, a rule or a realm: a monitor, a manager and OSDs whose hosts, zones
 * and device classes a test says. All of it lies in one folder and is gone with `stop`.
 */
export type BareCeph = {
  configurationFile: string;
  gatewayPort: number;
  /** A command of Ceph, with its output. */
  ceph(...words: string[]): Promise<string>;
  /** Starts an RGW; its zone must exist. */
  startGateway(names: { realm: string; zonegroup: string; zone: string }): Promise<void>;
  stop(): Promise<void>;
};

export type BareOsd = { host: string; zone: string; deviceClass: string };

const MONITOR_PORT = 27_300;
const GATEWAY_PORT = 27_301;

export async function startBareCeph(osds: readonly BareOsd[]): Promise<BareCeph> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'bare-ceph-'));
  const cluster: ClusterSpec = {
    name: 'bare',
    dnsName: 'bare.test',
    monitorPort: MONITOR_PORT,
    daemonPorts: { first: MONITOR_PORT + 10, last: MONITOR_PORT + 10 + 8 * (osds.length + 2) },
    gateways: [{ name: 'a', port: GATEWAY_PORT }],
    osds: { count: osds.length, bytes: 2 * 2 ** 30 },
    replicas: { size: 3, minSize: 2 },
  };
  const files = {
    run: path.join(folder, 'run'),
    log: path.join(folder, 'log'),
    data: path.join(folder, 'data'),
    keyring: path.join(folder, 'keyring'),
  };
  const configurationFile = path.join(folder, 'ceph.conf');
  for (const each of [files.run, files.log, path.join(files.data, 'mgr'), path.join(files.data, 'mon')]) {
    await mkdir(each, { recursive: true });
  }
  const principals = principalsOf(cluster);
  const keys = Object.fromEntries(principals.map(({ name }) => [name, cephKey(randomBytes(16), new Date())]));
  await writeFile(files.keyring, keyringText(principals, keys), { mode: 0o600 });
  const base = `${loopbackConfiguration(cluster, files)}\n[osd]\nosd_crush_update_on_start = false\n`;
  await writeFile(configurationFile, base);

  const running: ChildProcess[] = [];
  const start = (program: string, ...words: string[]) => {
    const child = spawn(program, ['-f', '-c', configurationFile, ...words], { stdio: 'ignore' });
    running.push(child);
  };
  const run = async (program: string, ...words: string[]) =>
    (await execa(program, ['-c', configurationFile, ...words])).stdout;
  const ceph = (...words: string[]) => run('ceph', ...words);
  const stop = async () => {
    await Promise.all(
      running.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }),
    );
    await rm(folder, { recursive: true, force: true });
  };

  try {
    const map = path.join(folder, 'monmap');
    const address = `[v2:127.0.0.1:${MONITOR_PORT}]`;
    await execa('monmaptool', ['--create', '--addv', 'a', address, '--fsid', randomUUID(), map]);
    await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map, '--keyring', files.keyring);
    start('ceph-mon', '-i', 'a');
    start('ceph-mgr', '-i', 'a');
    // The manager runs without modules (infra/local/ceph/configuration.ts).
    await ceph('health', 'mute', 'MGR_MODULE_ERROR', '--sticky');
    for (const [id, osd] of osds.entries()) {
      const disk = randomUUID();
      await ceph('osd', 'new', disk, String(id));
      await mkdir(path.join(files.data, `osd.${id}`), { recursive: true });
      await run('ceph-osd', '--mkfs', '-i', String(id), '--osd-uuid', disk);
      await ceph('osd', 'crush', 'add-bucket', osd.host, 'host', 'root=default', `zone=${osd.zone}`);
      await ceph(
        'osd',
        'crush',
        'add',
        `osd.${id}`,
        '1',
        'root=default',
        `zone=${osd.zone}`,
        `host=${osd.host}`,
      );
      await ceph('osd', 'crush', 'set-device-class', osd.deviceClass, `osd.${id}`);
      start('ceph-osd', '-i', String(id));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    configurationFile,
    gatewayPort: GATEWAY_PORT,
    ceph,
    startGateway: async ({ realm, zonegroup, zone }) => {
      const names = `rgw_realm = ${realm}\nrgw_zonegroup = ${zonegroup}\nrgw_zone = ${zone}\n`;
      await writeFile(configurationFile, base.replace('[client.rgw.a]\n', `[client.rgw.a]\n${names}`));
      start('radosgw', '-n', 'client.rgw.a');
    },
    stop,
  };
}
