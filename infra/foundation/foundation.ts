import * as pulumi from '@pulumi/pulumi';
import { AlarmTopic } from './alarms.ts';
import { Database, type DatabaseSettings } from './database/index.ts';
import { Keys } from './keys.ts';
import { KubernetesCluster, type KubernetesClusterArgs } from './kubernetes/index.ts';
import { AccessLogs } from './logs.ts';
import { Network, type NetworkSettings } from './network/index.ts';
import type { Protection } from './protection.ts';
import { Registry } from './registry.ts';

export type FoundationArgs = Protection & {
  environment: 'dev' | 'prod';
  region: string;
  /** The 12 digits of the account. */
  account: string;
  /** How long logs are kept, in days: of the network, the database, the cluster, and access logs. */
  logDays: number;
  alarmEmails: readonly string[];
  network: NetworkSettings;
  kubernetes: Pick<KubernetesClusterArgs, 'version' | 'publicAccessFrom' | 'readers' | 'system'>;
  database: DatabaseSettings;
  /** Repositories for images of the systems on this foundation, by name. */
  repositories: readonly string[];
};

/**
 * What all systems of an environment share: the network, keys, alarms, logs, images, the database and
 * the Kubernetes cluster. It knows none of the systems; each brings its own parts and asks for the traffic
 * and the rights that they need.
 */
export class Foundation extends pulumi.ComponentResource {
  readonly network: Network;
  readonly keys: Keys;
  readonly alarms: AlarmTopic;
  readonly logs: AccessLogs;
  readonly registry: Registry;
  readonly database: Database;
  readonly kubernetes: KubernetesCluster;

  constructor(name: string, args: FoundationArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:index:Foundation', name, {}, options);
    const child = { parent: this };
    const { environment, account, region, protect, logDays } = args;
    const place = { environment, account, region };
    this.keys = new Keys(`${name}-key`, { ...place, protect }, child);
    this.alarms = new AlarmTopic(
      `${name}-alarms`,
      { account, key: this.keys.messages, emails: args.alarmEmails },
      child,
    );
    this.logs = new AccessLogs(`${name}-access-logs`, { account, region, days: logDays, protect }, child);
    this.registry = new Registry(
      `${name}-registry`,
      { ...place, protect, key: this.keys.kubernetes, repositories: args.repositories },
      child,
    );
    this.network = new Network(
      `${name}-network`,
      { ...place, ...args.network, logDays, logsKey: this.keys.logs },
      child,
    );
    this.database = new Database(
      `${name}-database`,
      {
        ...place,
        ...args.database,
        protect,
        network: this.network,
        keys: this.keys,
        alarms: this.alarms,
        logDays,
      },
      child,
    );
    this.kubernetes = new KubernetesCluster(
      `${name}-kubernetes`,
      {
        clusterName: environment,
        account,
        region,
        ...args.kubernetes,
        network: this.network,
        keys: this.keys,
        alarms: this.alarms,
        registry: this.registry,
        logDays,
        protect,
      },
      child,
    );
    this.registerOutputs({});
  }
}
