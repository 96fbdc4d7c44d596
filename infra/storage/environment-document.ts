import type { Environment, Move, StoreEndpoint } from '../../scripts/contract/environment.ts';
import type { AwsSettings } from '../settings/aws.ts';
import type { StorageNames } from './applications/names.ts';
import { CACHE_TIER_PORTS } from './cache-tier/ports.ts';
import { EVENTS_PATH, EVENTS_POD_PORT, EVENTS_TOPIC, eventsPushEndpoint } from './events/index.ts';
import { CONFIG_MAPS, labelsOf, NAMESPACE, PENDING_URL } from './workers/names.ts';

/** Users of the databases; `infra/database/roles/` makes them. */
const LEDGER = { database: 'ledger', user: 'storage_move' };
const FOOD = { database: 'food', user: 'storage_food' };

/** What a worker in the cluster copies at once, and how many keys it owns while it does. */
export const COPY_CONCURRENCY = 32;
const KEYS_PER_SHARD = 100_000;
/** What a comparison has under way: several gateways answer, and nothing else asks them as much. */
export const VERIFY_CONCURRENCY = 256;

export type AwsDocumentArgs = {
  settings: AwsSettings & { region: string };
  names: StorageNames;
  /** How long Nginx serves an answer without asking again. */
  maxStaleSeconds: number;
  database: { endpoint: string; port: number; masterSecretArn: string };
  kubernetes: { name: string; endpoint: string; certificateAuthority: string };
  capture: { queueUrl: string; queueArn: string; deadLetterUrl: string };
  /** Names of secrets of each Ceph cluster begin with these. */
  credentialsPrefixes: Record<'images' | 'metadata', string>;
  applicationsParameter: string;
  /** The gateway endpoint of S3, through which Nginx reads as anybody. */
  s3EndpointId: string;
  /** The parameter that holds the ARN of the distribution that fails over to S3. */
  distributionParameter: string;
};

/** The environment document of `dev` and `prod`: the same for the function, the pods and an operator. */
export function awsDocument(args: AwsDocumentArgs): Environment {
  const { settings, names, database, kubernetes } = args;
  const { region, buckets } = settings;
  const aurora = { kind: 'rds-iam', host: database.endpoint, port: database.port, region } as const;
  return {
    name: settings.environment,
    ledger: { ...aurora, ...LEDGER },
    databases: {
      host: database.endpoint,
      port: database.port,
      region,
      administratorSecret: database.masterSecretArn,
      models: true,
    },
    source: {
      kind: 'aws',
      endpoint: `https://s3.${region}.amazonaws.com`,
      region,
      // S3's wildcard certificate does not cover a bucket name with a dot.
      addressing: buckets.some(({ source }) => source.includes('.')) ? 'path' : 'virtual',
      credentials: { kind: 'ambient' },
    },
    targets: { images: gateway('images'), metadata: gateway('metadata') },
    moves: buckets.map((bucket) => ({
      ...coldClassOf(settings, bucket.cluster),
      name: bucket.name,
      sourceBucket: bucket.source,
      targetCluster: bucket.cluster,
      targetBucket: bucket.target,
      events: bucket.events,
      archive: bucket.archive,
      abortUploadsAfterDays: bucket.abortUploadsAfterDays,
    })),
    capture: { kind: 'sqs', ...args.capture, region },
    events: {
      listen: `http://0.0.0.0:${EVENTS_POD_PORT}${EVENTS_PATH}`,
      pushEndpoint: eventsPushEndpoint(names.events),
      topic: EVENTS_TOPIC,
      database: { ...aurora, ...FOOD },
    },
    parameter: { kind: 'ssm', name: args.applicationsParameter, region },
    cacheTier: {
      endpoint: `https://${names.cacheTier}`,
      maxStaleSeconds: args.maxStaleSeconds,
      turn: {
        kind: 'pods',
        namespace: NAMESPACE,
        selector: `app=${labelsOf('cache-tier').app}`,
        port: CACHE_TIER_PORTS.turned,
      },
      sourceVpcEndpoint: args.s3EndpointId,
      distributionParameter: args.distributionParameter,
    },
    pending: { endpoint: PENDING_URL },
    workers: {
      kind: 'kubernetes',
      cluster: { ...kubernetes, region },
      namespace: NAMESPACE,
      copyJobTemplate: CONFIG_MAPS.copyJob,
      verifyJobTemplate: CONFIG_MAPS.verifyJob,
    },
    bounds: boundsOf(settings),
    sync: { workers: settings.syncWorkers, concurrency: COPY_CONCURRENCY, keysPerShard: KEYS_PER_SHARD },
    verify: { concurrency: VERIFY_CONCURRENCY },
    // A step ends after 15 minutes: what takes longer is a Job, and the next gate proves that it is done.
    wait: false,
    clockAheadSeconds: 0,
  };

  function gateway(cluster: 'images' | 'metadata'): StoreEndpoint {
    return {
      kind: 'ceph',
      endpoint: `https://${names.gateways[cluster]}`,
      region,
      addressing: 'path',
      credentials: { kind: 'secrets-manager', prefix: args.credentialsPrefixes[cluster], region },
    };
  }
}

/** Old objects go straight where Ceph's lifecycle would take them: the hot pools cannot hold a whole bucket. */
function coldClassOf({ ceph }: AwsSettings, cluster: 'images' | 'metadata'): Pick<Move, 'coldClass'> {
  const { cold } = ceph[cluster];
  if (cold === undefined) return {};
  return { coldClass: { storageClass: cold.storageClass, afterDays: cold.afterDays } };
}

/** What the scripts may take and must wait for. */
function boundsOf(settings: AwsSettings): Environment['bounds'] {
  return {
    refreshSeconds: settings.refreshMilliseconds / 1000,
    requestSeconds: settings.requestSeconds,
    holdRequestSeconds: settings.holdRequestMilliseconds / 1000,
    holdLimitSeconds: settings.holdLimitSeconds,
    lateEventSeconds: settings.lateEventSeconds,
    // Longer than a failover of the database leaves it without an answer, or every claim is lost by one.
    leaseSeconds: 60,
    canarySeconds: 60,
    canarySilenceSeconds: 600,
    certificateSeconds: settings.certificateHours * 3600,
    lagSeconds: 60,
    quietSeconds: settings.quietSeconds,
    keepDays: settings.keepDays,
  };
}
