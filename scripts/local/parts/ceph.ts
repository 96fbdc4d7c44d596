import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { keyringText } from '../../../infra/local/ceph/keyring.ts';
import { UserError } from '../../contract/errors.ts';
import { writeFileAtomic } from '../../platform/write-file.ts';
import { clusterIdentity, type ClusterIdentity } from './ceph-identity.ts';
import { clusterFolders, type ClusterFolders } from '../../contract/local/cluster-folders.ts';
import { credentialsOf } from './credentials.ts';
import { claimHome, once } from './home.ts';
import type { Home } from '../../contract/local/home-paths.ts';
import { assertPortsFree } from './ports.ts';
import type { Program } from '../../platform/supervisor/programs.ts';
import { answers, run, type Say } from './run.ts';
import type { CephClusterSpec } from '../../contract/local/specs.ts';
import { ensureSupervisor, tail } from '../../platform/supervisor/supervisor.ts';

/** How long a step of a cluster's start may take. */
const LIMITS = { deadlineSeconds: 60, timeoutSeconds: 120 };

/**
 * Starts a Ceph cluster: monitor, manager, OSDs, pools, the RGW user `admin`, RGWs. Makes what is missing,
 * starts what is dead, and leaves alone what runs.
 */
export async function cephClusterUp(spec: CephClusterSpec, say: Say): Promise<{ endpoints: string[] }> {
  const home = await claimHome(spec.home);
  const supervisor = await ensureSupervisor(home);
  const folders = clusterFolders(spec.home, spec.name);
  for (const folder of [folders.configuration, folders.run, path.join(folders.data, 'mgr')]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const identity = await clusterIdentity(path.join(folders.configuration, 'identity.json'), {
    principals: spec.principals.map((principal) => principal.name),
    osds: spec.osds,
  });
  const disks = identity.osds.slice(0, spec.osds);
  await writeFileAtomic(folders.keyring, keyringText(spec.principals, identity.keys), { mode: 0o600 });
  await writeFileAtomic(folders.configurationFile, spec.configuration);
  const programs = programsOf(spec, folders);

  if (!(await supervisor.knows(programs.monitor.name))) {
    say(`${spec.name}: starting a Ceph cluster`);
    await assertPortsFree([spec.monitorPort, ...spec.gateways.map((gateway) => gateway.port)]);
  }
  await makeMonitor(spec, folders, identity);
  await supervisor.bring([programs.monitor, programs.manager], LIMITS);

  await Promise.all([
    ...disks.map((disk, id) => makeOsd(folders, id, disk)),
    once(path.join(folders.configuration, 'pools.done'), spec.poolCommands.join('\n'), () =>
      tellMonitor(folders, [...disks.map((disk, id) => `osd new ${disk} ${id}`), ...spec.poolCommands]),
    ),
  ]);
  await supervisor.bring(programs.osds, LIMITS);

  await makeZone(home, spec, folders);
  await supervisor.bring(programs.gateways, LIMITS);
  const endpoints = spec.gateways.map((gateway) => `http://127.0.0.1:${gateway.port}`);
  await Promise.all(
    endpoints.map((endpoint, index) => awaitGateway(home, endpoint, programs.gateways[index])),
  );
  say(`${spec.name}: ${endpoints.join(' and ')}`);
  return { endpoints };
}

/** The daemons of a cluster, as the supervisor runs them. */
export function programsOf(
  spec: Pick<CephClusterSpec, 'name' | 'osds' | 'gateways'>,
  folders: Pick<ClusterFolders, 'configurationFile'>,
): { monitor: Program; manager: Program; osds: Program[]; gateways: Program[] } {
  const daemon = (name: string, executable: string, ...words: string[]): Program => ({
    name: `${spec.name}-${name}`,
    // Asked to stop, daemons without a monitor wait for it; the next one would find its disk locked.
    deathSignal: 'KILL',
    command: [`/usr/bin/${executable}`, '-f', '-c', folders.configurationFile, ...words],
  });
  return {
    monitor: daemon('mon', 'ceph-mon', '-i', 'a'),
    manager: daemon('mgr', 'ceph-mgr', '-i', 'a'),
    osds: Array.from({ length: spec.osds }, (_, id) => daemon(`osd-${id}`, 'ceph-osd', '-i', String(id))),
    gateways: spec.gateways.map(({ name }) => daemon(`rgw-${name}`, 'radosgw', '-n', `client.rgw.${name}`)),
  };
}

async function makeMonitor(
  spec: CephClusterSpec,
  folders: ClusterFolders,
  identity: ClusterIdentity,
): Promise<void> {
  const folder = path.join(folders.data, 'mon');
  await once(path.join(folders.configuration, 'mon.done'), identity.clusterId, async () => {
    const map = path.join(folders.configuration, 'monmap');
    const address = `[v2:127.0.0.1:${spec.monitorPort}]`;
    await run(
      ['monmaptool', '--create', '--clobber', '--addv', 'a', address, '--fsid', identity.clusterId, map],
      LIMITS,
    );
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const files = ['--monmap', map, '--keyring', folders.keyring];
    await run(['ceph-mon', '-c', folders.configurationFile, '--mkfs', '-i', 'a', ...files], LIMITS);
  });
}

async function makeOsd(folders: ClusterFolders, id: number, disk: string): Promise<void> {
  const folder = path.join(folders.data, `osd.${id}`);
  await once(path.join(folders.configuration, `osd.${id}.done`), disk, async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const words = ['--mkfs', '-i', String(id), '--osd-uuid', disk];
    await run(['ceph-osd', '-c', folders.configurationFile, ...words], LIMITS);
  });
}

/**
 * Gives commands to the monitor through one `ceph` process: each costs half a second of Python. It
 * reports a failed command and goes on, with exit code 0, so its words are read.
 */
async function tellMonitor(folders: ClusterFolders, commands: readonly string[]): Promise<void> {
  const printed = await run(['ceph', '-c', folders.configurationFile], {
    ...LIMITS,
    input: `${commands.join('\n')}\n`,
  });
  const errors = printed.split('\n').filter((line) => /^(Error|Invalid command|no valid command)/.test(line));
  if (errors.length > 0) {
    throw new UserError(`The monitor refused a command: ${errors.join('; ')}`, { exitCode: 3 });
  }
}

/** The RGW zone with its storage classes, and the user `admin`, who makes the other users. */
async function makeZone(home: Home, spec: CephClusterSpec, folders: ClusterFolders): Promise<void> {
  const { admin } = await credentialsOf(home, spec.name, ['admin']);
  const note = JSON.stringify([admin.accessKeyId, spec.storageClassCommands]);
  await once(path.join(folders.configuration, 'zone.done'), note, async () => {
    const tool = ['radosgw-admin', '-c', folders.configurationFile];
    const keys = ['--access-key', admin.accessKeyId, '--secret-key', admin.secretAccessKey];
    const may = ['--caps', 'users=*;buckets=*;usage=*;metadata=*'];
    // The first command that opens the store makes the default zone, to which storage classes belong.
    const known = JSON.parse(await run([...tool, 'user', 'list'], LIMITS)) as string[];
    if (!known.includes('admin')) {
      await run(
        [...tool, 'user', 'create', '--uid', 'admin', '--display-name', 'admin', ...keys, ...may],
        LIMITS,
      );
    }
    for (const words of spec.storageClassCommands) await run([...tool, ...words], LIMITS);
  });
}

async function awaitGateway(home: Home, endpoint: string, program: Program | undefined): Promise<void> {
  if (await answers(endpoint, LIMITS.deadlineSeconds)) return;
  const log = path.join(home.log, `${program?.name ?? ''}.log`);
  throw new UserError(`No RGW answers at ${endpoint}. ${log} ends:\n${await tail(log)}`, { exitCode: 3 });
}
