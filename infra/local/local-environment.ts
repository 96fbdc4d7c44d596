import * as pulumi from '@pulumi/pulumi';
import type { Environment } from '../../scripts/contract/environment.ts';
import { SOURCE_USERS, sourceBuckets, TARGET_USERS, targetBuckets } from '../storage/access.ts';
import { CacheTier } from './cache-tier.ts';
import { CephCluster } from './ceph-cluster.ts';
import { localClusters, type ClusterName } from './clusters.ts';
import { Database } from './database.ts';
import { localDocument, REGION } from './environment-document.ts';
import { partCommand, type LocalRuntime } from './part-command.ts';
import { localPorts } from './ports.ts';
import { StoreUsers } from './store-users.ts';
import { Supervisor } from './supervisor.ts';

export type LocalBucket = {
  /** The move's name. */
  name: string;
  source: string;
  cluster: 'images' | 'metadata';
  target: string;
};

export type LocalEnvironmentArgs = {
  runtime: LocalRuntime;
  /** The first of 300 ports, all on 127.0.0.1. */
  portBase: number;
  /** Buckets that move. Those of the cluster `images` may be read by anyone. */
  buckets: readonly LocalBucket[];
  bounds: Environment['bounds'];
  sync: Environment['sync'];
  /** Whether a step waits for the long work that it starts. */
  wait: boolean;
  /** Added to the move's clock, in seconds. */
  clockAheadSeconds: number;
  /** An anonymous read through Nginx is never older while the origin answers, in seconds; at least 3, default 3. */
  maxStaleSeconds?: number;
};

/**
 * Everything that the move needs, on one machine: the S3 source (an RGW with a cluster of its own), the
 * two Ceph clusters, Nginx, PostgreSQL, users and buckets, and the environment document that the scripts
 * read. The same in every phase; what a phase changes is not in it.
 */
export class LocalEnvironment extends pulumi.ComponentResource {
  /** The environment document; known when everything runs. */
  readonly environmentFile: pulumi.Output<string>;
  readonly endpoints: {
    cacheTier: pulumi.Output<string>;
    source: pulumi.Output<string>;
    images: pulumi.Output<string>;
    metadata: pulumi.Output<string>;
  };
  /** Connection strings by database. */
  readonly databases: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: LocalEnvironmentArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:local:LocalEnvironment', name, {}, options);
    const { runtime } = args;
    const ports = localPorts(args.portBase);
    const specs = localClusters(ports);
    const child = { parent: this };
    const supervisor = new Supervisor(`${name}-supervisor`, { runtime }, child);
    const underSupervisor = { ...child, dependsOn: supervisor };

    const cluster = (which: ClusterName) =>
      new CephCluster(`${name}-${which}`, { runtime, cluster: specs[which] }, underSupervisor);
    const clusters = { source: cluster('source'), images: cluster('images'), metadata: cluster('metadata') };
    const users = (which: ClusterName) =>
      new StoreUsers(
        `${name}-${which}-users`,
        { runtime, ...storeOf(which, args, ports[which].gateways[0]) },
        {
          ...child,
          dependsOn: clusters[which],
        },
      );
    const stores = [users('source'), users('images'), users('metadata')];

    const database = new Database(
      `${name}-database`,
      { runtime, databases: ['ledger', 'orders'] },
      underSupervisor,
    );
    const maxStaleSeconds = args.maxStaleSeconds ?? 3;
    const cacheTier = new CacheTier(
      `${name}-cache-tier`,
      {
        runtime,
        ports,
        bucketDomains: [specs.images.dnsName, specs.source.dnsName],
        maxStaleSeconds,
        drainSeconds: args.bounds.requestSeconds,
      },
      // Nginx asks for its origins when it is asked, not when it starts.
      underSupervisor,
    );
    const document = localDocument({ ...documentSettings(args), runtime, ports, maxStaleSeconds });
    const written = partCommand<{ environmentFile: string }>(
      `${name}-environment`,
      'environment',
      runtime,
      { document },
      { ...child, dependsOn: [...stores, database, cacheTier] },
    );
    this.environmentFile = written.environmentFile;
    const first = (which: ClusterName) => clusters[which].endpoints.apply(([endpoint = '']) => endpoint);
    this.endpoints = {
      cacheTier: cacheTier.endpoint,
      source: first('source'),
      images: first('images'),
      metadata: first('metadata'),
    };
    this.databases = database.connections;
    this.registerOutputs({
      environmentFile: this.environmentFile,
      endpoints: this.endpoints,
      databases: this.databases,
    });
  }
}

function documentSettings(args: LocalEnvironmentArgs) {
  const { bounds, sync, wait, clockAheadSeconds } = args;
  const moves = args.buckets.map(({ name, source, cluster, target }) => ({
    name,
    sourceBucket: source,
    targetCluster: cluster,
    targetBucket: target,
  }));
  return { moves, bounds, sync, wait, clockAheadSeconds };
}

/** What a store's users and buckets are. */
function storeOf(which: ClusterName, args: LocalEnvironmentArgs, port: number | undefined) {
  const access = (side: 'source' | 'target', buckets: readonly LocalBucket[]) =>
    buckets.map((bucket) => ({ name: bucket[side], public: bucket.cluster === 'images' }));
  const isSource = which === 'source';
  return {
    cluster: which,
    endpoint: `http://127.0.0.1:${port ?? 0}`,
    region: REGION,
    users: isSource ? SOURCE_USERS : TARGET_USERS,
    buckets: isSource
      ? sourceBuckets(access('source', args.buckets))
      : targetBuckets(
          access(
            'target',
            args.buckets.filter((bucket) => bucket.cluster === which),
          ),
        ),
  };
}
