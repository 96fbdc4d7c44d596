import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Environment, Move, StoreEndpoint } from '../scripts/contract/environment.ts';
import { openLedger } from '../scripts/ledger/connect.ts';
import { migrateLedger } from '../scripts/ledger/migrations.ts';
import { freshDatabase } from '../scripts/local/fresh-database.ts';
import { clusterFolders } from '../scripts/contract/local/cluster-folders.ts';
import { LocalMove } from '../scripts/local/local-move.ts';
import { ledgerOf } from '../scripts/local/places.ts';
import { DEFAULTS } from '../scripts/local/settings.ts';
import { StoreClient } from '../scripts/store/client.ts';
import { storesProcessorSeconds } from './stores-meter.ts';
import { readCredentials, type Credentials } from '../scripts/store/identity/credentials.ts';

/** A store, as any S3 tool takes it. */
export type Side = { endpoint: StoreEndpoint; keys: Credentials; client: StoreClient };

const HOME = '/var/lib/storage-bench';
const PORTS = 8000;
const REQUEST_SECONDS = 60;
/** Bytes deleted, from which on they are to be given back at once. */
const MUCH = 256 * 1024 * 1024;

let ledgers = 0;

/** The two Ceph clusters and the PostgreSQL that the contests are held on. */
export class Stand {
  readonly source: Side;
  readonly target: Side;
  /** For configurations and scratch files; removed in the end. */
  readonly folder: string;
  readonly #environment: Environment;

  private constructor(environment: Environment, source: Side, target: Side, folder: string) {
    this.#environment = environment;
    this.source = source;
    this.target = target;
    this.folder = folder;
  }

  /** Brings everything up where it is not. */
  static async open(log: (line: string) => void): Promise<Stand> {
    const move = await LocalMove.open({ ...DEFAULTS, home: HOME, portBase: PORTS }, log);
    try {
      if ((await move.phase()) === 'none') await move.enter('prepare');
    } finally {
      await move.close();
    }
    const environment = await move.environment();
    const target = environment.targets['images'];
    if (target === undefined) throw new Error('the environment has no cluster "images"');
    return new Stand(
      environment,
      await openSide(environment.source, 'applications'),
      await openSide(target, 'applications'),
      await mkdtemp(path.join(os.tmpdir(), 'storage-bench-')),
    );
  }

  /** @param keep leaves the clusters up, for the next run */
  async close(keep: boolean): Promise<void> {
    await Promise.all([this.source.client.close(), this.target.client.close()]);
    await rm(this.folder, { recursive: true, force: true });
    if (!keep) await LocalMove.remove(HOME, () => undefined);
  }

  /** Processor seconds that both clusters have taken so far. */
  storesCpuSeconds(): Promise<number> {
    return storesProcessorSeconds(HOME);
  }

  /** The same with other stores. */
  with(source: Side, target: Side): Stand {
    return new Stand(this.#environment, source, target, this.folder);
  }

  /** The environment itself, with its move in phase `copy`: capture and replay are at work. */
  async inCopy(): Promise<Environment> {
    const move = await LocalMove.open({ ...DEFAULTS, home: HOME, portBase: PORTS }, () => undefined);
    try {
      if ((await move.phase()) !== 'copy') await move.enter('copy');
      return await move.environment();
    } finally {
      await move.close();
    }
  }

  /** A bucket that stands and is empty. */
  async emptyBucket(side: Side, bucket: string): Promise<void> {
    await side.client.createBucket(bucket);
    let bytes = 0;
    for (;;) {
      const { objects } = await side.client.listPage(bucket, { maxKeys: 1000 });
      if (objects.length === 0) break;
      await side.client.deleteMany(
        bucket,
        objects.map(({ key }) => key),
      );
      bytes += objects.reduce((sum, { size }) => sum + size, 0);
    }
    if (bytes >= MUCH) await collectGarbage(side === this.source ? 'source' : 'images');
  }

  /**
   * The environment document of a move between two buckets, with a ledger of its own that is empty.
   * @param acls whether the copies get the grants of their sources; default: they do
   */
  async migration(
    buckets: { source: string; target: string },
    sync: Environment['sync'],
    acls: 'copy' | 'ignore' = 'copy',
  ): Promise<{ file: string; environment: Environment }> {
    const name = `bench_${(ledgers += 1)}`;
    const ledger = await freshDatabase(ledgerOf(this.#environment), name);
    const pool = openLedger(ledger);
    try {
      await migrateLedger(pool);
    } finally {
      await pool.end();
    }
    const credentials = path.join(this.folder, `${name}-credentials.json`);
    const users = (keys: Credentials) =>
      Object.fromEntries(['applications', 'migration', ...TARGET_USERS].map((user) => [user, keys]));
    const sides = { source: this.source, target: this.target };
    for (const [side, { keys }] of Object.entries(sides)) {
      await writeFile(`${credentials}-${side}`, JSON.stringify(users(keys)), { mode: 0o600 });
    }
    const endpoint = (side: 'source' | 'target'): StoreEndpoint => ({
      ...sides[side].endpoint,
      acls,
      credentials: { kind: 'file', file: `${credentials}-${side}` },
    });
    const move: Move = {
      name: 'bench',
      sourceBucket: buckets.source,
      targetCluster: 'images',
      targetBucket: buckets.target,
    };
    const environment: Environment = {
      ...this.#environment,
      ledger,
      source: endpoint('source'),
      targets: { images: endpoint('target') },
      moves: [move],
      sync,
    };
    const file = path.join(this.folder, `${name}.json`);
    await writeFile(file, JSON.stringify(environment));
    return { file, environment };
  }
}

/** RGW keeps what was deleted for hours: several rounds of big objects would fill the disk. */
async function collectGarbage(cluster: string): Promise<void> {
  const { configurationFile } = clusterFolders(HOME, cluster);
  await execa('radosgw-admin', ['-c', configurationFile, 'gc', 'process', '--include-all']);
}

const TARGET_USERS = ['migration-sync', 'migration-replay', 'migration-straggler', 'migration-verify'];

async function openSide(endpoint: StoreEndpoint, user: string): Promise<Side> {
  return {
    endpoint,
    keys: await readCredentials(endpoint, user),
    client: await StoreClient.open(endpoint, user, { requestSeconds: REQUEST_SECONDS }),
  };
}
