import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { ClusterPlan } from '../../infra/storage/ceph/plan/plan.ts';

const SCRIPTS = path.resolve(import.meta.dirname, '../../scripts/ceph-hosts/host');
const STAND_INS = path.join(import.meta.dirname, 'ceph-host');

/** A host of a cluster: its folders are its own, what it finds in AWS is `aws`' and shared. */
export type CephHost = {
  /** Runs a step; its processes are a group of their own, as on a host. */
  step(name: string): PromiseLike<{ exitCode?: number | undefined; all: string }>;
  /** What cephadm was asked, one list of words a call. */
  cephadm(): Promise<string[][]>;
  /** What the manager got: documents of `ceph orch apply`, and other orders. */
  applied(): Promise<Record<string, unknown>[]>;
  orders(): Promise<string[][]>;
  /** Whether the host has data of a cluster. */
  clusters(): Promise<string[]>;
  file(name: string): string;
};

export type FakeAws = {
  folder: string;
  calls(): Promise<string[][]>;
  read(kind: 'parameter' | 'secret', name: string): Promise<string>;
};

export type CephHosts = {
  aws: FakeAws;
  host(name: string, instance: string, plan: ClusterPlan): Promise<CephHost>;
  remove(): Promise<void>;
};

/** @param environment variables that every step gets, for example CEPH_CONF for a cluster that is real */
export async function cephHosts(environment: Record<string, string> = {}): Promise<CephHosts> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ceph-hosts-'));
  const awsFolder = path.join(folder, 'aws');
  await mkdir(awsFolder);
  return {
    aws: {
      folder: awsFolder,
      calls: () => jsonLines(path.join(awsFolder, 'calls.jsonl')),
      read: (kind, name) => readFile(path.join(awsFolder, kind + name.replaceAll('/', '%')), 'utf8'),
    },
    host: async (name, instance, plan) => {
      const own = path.join(folder, instance);
      const places = {
        home: path.join(own, 'home'),
        data: path.join(own, 'data'),
        notes: path.join(own, 'notes'),
      };
      for (const each of Object.values(places)) await mkdir(each, { recursive: true });
      for (const file of await readdir(SCRIPTS)) {
        if (/\.(py|sh)$/.test(file)) await copyFile(path.join(SCRIPTS, file), path.join(places.home, file));
      }
      await writeFile(path.join(places.home, 'plan.json'), JSON.stringify(plan));
      const env = {
        // No cluster, unless a test names one: never that of the machine.
        CEPH_CONF: path.join(folder, 'none.conf'),
        ...environment,
        PATH: `${STAND_INS}:/usr/bin:/bin:/usr/sbin:/sbin`,
        PYTHONDONTWRITEBYTECODE: '1',
        STORAGE_CEPH_HOME: places.home,
        STORAGE_CEPH_DATA: places.data,
        STORAGE_CEPH_KEYS: path.join(own, 'keys'),
        FAKE_AWS: awsFolder,
        FAKE_CEPHADM: places.notes,
        FAKE_INSTANCE: instance,
        FAKE_HOSTNAME: name,
      };
      return {
        step: (step) =>
          execa('bash', [path.join(places.home, 'step.sh'), step], {
            env,
            extendEnv: false,
            reject: false,
            all: true,
            detached: true,
          }),
        cephadm: () => jsonLines(path.join(places.notes, 'calls.jsonl')),
        applied: () => jsonLines(path.join(places.notes, 'applied.jsonl')),
        orders: () => jsonLines(path.join(places.notes, 'orders.jsonl')),
        clusters: () => readdir(places.data),
        file: (file) => path.join(places.notes, file),
      };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function jsonLines<T>(file: string): Promise<T[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
