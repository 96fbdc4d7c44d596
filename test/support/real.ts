import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Environment, type Move, type StoreEndpoint } from '../../scripts/contract/environment.ts';
import { readEnvironment } from '../../scripts/platform/read-environment.ts';
import { freshDatabase } from '../../scripts/local/fresh-database.ts';
import { ledgerOf } from '../../scripts/local/places.ts';
import { openLedger } from '../../scripts/ledger/connect.ts';
import type { Pool } from '../../scripts/ledger/database.ts';
import { migrateLedger } from '../../scripts/ledger/migrations.ts';
import { StoreClient } from '../../scripts/store/client.ts';
import { BucketControl } from '../../scripts/store/control.ts';

/** A ledger and a pair of buckets of a test's own, empty. */
export type Scratch = {
  /** A fresh database with the whole schema; the move is in phase `none`, epoch 1. */
  ledger: Pool;
  sourceBucket: string;
  targetBucket: string;
  /** The environment with this ledger and one move, named `scratch`, between these buckets. */
  environment: Environment;
  /** The same as a document, for processes that a test starts. */
  environmentFile: string;
  /** A client that is closed with the scratch. Users of the target: `migration-sync`, … */
  source(user?: string | null): Promise<StoreClient>;
  target(user?: string | null): Promise<StoreClient>;
  close(): Promise<void>;
};
/** A ledger alone, for what needs no store, or stores of its own. */
export type ScratchLedger = {
  ledger: Pool;
  /** The environment with this ledger, and one move named `scratch` between buckets that are not there. */
  environment: Environment;
  close(): Promise<void>;
};
export type RealServices = {
  environment: Environment;
  /** @param name as for `scratch` */
  ledger(name: string): Promise<ScratchLedger>;
  /** @param name letters, digits and hyphens; one test file's own. What an earlier run left is removed. */
  scratch(name: string, options?: ScratchOptions): Promise<Scratch>;
};
export type ScratchOptions = {
  /** Which of the targets; default: the first. */
  cluster?: string;
  /** What the test's own clients wait for an answer; default 10. */
  requestSeconds?: number;
};

const REQUEST_SECONDS = 10;
/** Making and removing buckets takes long while a cluster is busy with something else. */
const BUCKET_SECONDS = 60;
const TARGET_USERS = ['migration-sync', 'migration-replay', 'migration-straggler', 'migration-verify'];

/** The stores and PostgreSQL of the environment that the variable STORAGE_ENVIRONMENT names. */
export async function realServices(): Promise<RealServices> {
  const file = process.env['STORAGE_ENVIRONMENT'];
  if (file === undefined) {
    throw new Error('STORAGE_ENVIRONMENT is not set; the suite sets it when the environment is up');
  }
  const environment = await readEnvironment(file);
  return {
    environment,
    ledger: (name) => makeLedger(environment, name),
    scratch: (name, options) => makeScratch(environment, name, options),
  };
}

async function makeLedger(
  base: Environment,
  name: string,
  { cluster }: ScratchOptions = {},
): Promise<ScratchLedger> {
  const targetCluster = cluster ?? Object.keys(base.targets)[0];
  if (targetCluster === undefined) throw new Error('the environment has no target');
  const connectionString = await freshDatabase(ledgerOf(base), `scratch_${name.replaceAll('-', '_')}`);
  const ledger = openLedger(connectionString);
  await migrateLedger(ledger);
  const [sourceBucket, targetBucket] = [`scratch-${name}-source`, `scratch-${name}-target`];
  const environment: Environment = {
    ...base,
    ledger: connectionString,
    moves: [{ name: 'scratch', sourceBucket, targetCluster, targetBucket }],
  };
  return { ledger, environment, close: () => ledger.end() };
}

async function makeScratch(base: Environment, name: string, options?: ScratchOptions): Promise<Scratch> {
  const { ledger, environment } = await makeLedger(base, name, options);
  const [{ sourceBucket, targetBucket, targetCluster }] = environment.moves as [Move];
  const targetEndpoint = base.targets[targetCluster] as StoreEndpoint;
  await freshBucket(base.source, sourceBucket, ['migration']);
  await freshBucket(targetEndpoint, targetBucket, TARGET_USERS);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storage-scratch-'));
  const environmentFile = path.join(folder, 'environment.json');
  await writeFile(environmentFile, JSON.stringify(environment));
  const clients: StoreClient[] = [];
  const { requestSeconds = REQUEST_SECONDS } = options ?? {};
  const open = async (endpoint: StoreEndpoint, user: string | null): Promise<StoreClient> => {
    const client = await StoreClient.open(endpoint, user, { requestSeconds });
    clients.push(client);
    return client;
  };
  return {
    ledger,
    sourceBucket,
    targetBucket,
    environment,
    environmentFile,
    source: (user = 'applications') => open(base.source, user),
    target: (user = 'applications') => open(targetEndpoint, user),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await ledger.end();
      await rm(folder, { recursive: true });
    },
  };
}

/** Drops and makes the database, as the superuser; its owner is the role that the ledger uses. */
/** An empty bucket of the applications, open to these users and, for reading, to anyone. */
async function freshBucket(endpoint: StoreEndpoint, bucket: string, users: string[]): Promise<void> {
  const owner = await StoreClient.open(endpoint, 'applications', { requestSeconds: BUCKET_SECONDS });
  const control = await BucketControl.open(endpoint, 'applications', { requestSeconds: BUCKET_SECONDS });
  try {
    if (await owner.bucketExists(bucket)) {
      await emptyBucket(owner, bucket);
      await owner.send({ method: 'DELETE', bucket });
    }
    await owner.createBucket(bucket);
    const resources = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
    await control.mergePolicy(bucket, [
      {
        Sid: 'Migration',
        Effect: 'Allow',
        Principal: { AWS: users.map((user) => `arn:aws:iam:::user/${user}`) },
        Action: ['s3:*'],
        Resource: resources,
      },
      {
        Sid: 'Public',
        Effect: 'Allow',
        Principal: '*',
        Action: ['s3:GetObject', 's3:ListBucket'],
        Resource: resources,
      },
    ]);
  } finally {
    control.close();
    await owner.close();
  }
}

/** Removes every version, marker and open upload. */
export async function emptyBucket(client: StoreClient, bucket: string): Promise<void> {
  for await (const { key, versionId } of client.listVersions(bucket)) {
    await client.delete(bucket, key, { versionId });
  }
  for await (const { key, uploadId } of client.listUploads(bucket)) {
    await client.abortUpload(bucket, key, { uploadId });
  }
}
