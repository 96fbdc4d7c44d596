import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import { allowTraffic } from '../foundation/network/traffic.ts';
import type { Protection } from '../foundation/protection.ts';
import type { AwsSettings } from '../settings/aws.ts';
import { bucketParents, type StorageNames } from './applications/names.ts';
import { CacheTier } from './cache-tier/index.ts';
import { CacheTierLoadBalancer } from './cache-tier/load-balancer.ts';
import { MAX_STALE_SECONDS, type Move } from './move.ts';
import type { Stores } from './stores.ts';
import { StorageNamespace } from './workers/index.ts';

/** How long requests of a cache tier's node that leaves may go on. */
const DRAIN_SECONDS = 60;

export type ReadPathArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
  names: StorageNames;
  /** The private zone of the names, and their certificate. */
  zoneId: pulumi.Input<string>;
  certificateArn: pulumi.Input<string>;
  stores: Stores;
  move: Move;
};

/**
 * Nginx before the images, and what leads to it. Which store it reads from is no setting of it: each pod
 * follows the ledger, so no phase changes anything here.
 */
export class ReadPath extends pulumi.ComponentResource {
  /** Where the pods of the storage system live, the cache tier's and the workers'. */
  readonly namespace: StorageNamespace;
  readonly loadBalancer: CacheTierLoadBalancer;

  constructor(name: string, args: ReadPathArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:ReadPath', name, {}, options);
    const { settings, foundation, names, stores, move } = args;
    const { network, kubernetes: cluster, logs: accessLogs, alarms } = foundation;
    const child = { parent: this };
    this.namespace = new StorageNamespace(
      `${name}-namespace`,
      {
        cluster,
        roles: move.roles,
        environmentDocument: move.document,
        cidr: settings.network.cidr,
        databasePort: foundation.database.port,
      },
      child,
    );
    const cacheTier = new CacheTier(
      `${name}-cache-tier`,
      {
        cluster,
        namespace: this.namespace,
        network,
        region: settings.region,
        image: settings.image,
        nodes: settings.kubernetes.cache,
        cephHost: names.gateways.images,
        bucketDomains: bucketParents(names),
        maxStaleSeconds: MAX_STALE_SECONDS,
        requestSeconds: settings.requestSeconds,
      },
      { ...child, dependsOn: stores.images.ready },
    );
    allowTraffic(
      `${name}-steps-to-cache-tier`,
      {
        from: { name: 'steps', group: move.steps.securityGroupId },
        to: { name: 'cache-tier', group: cacheTier.nodeSecurityGroupId },
        ports: cacheTier.turn.port,
        why: 'a turn is done when every Nginx says so',
      },
      child,
    );
    this.loadBalancer = new CacheTierLoadBalancer(
      `${name}-balancer`,
      {
        network,
        cacheTier,
        certificateArn: args.certificateArn,
        name: { zoneId: args.zoneId, hostName: names.cacheTier },
        clientNetworks: [settings.network.cidr, ...settings.network.peers],
        requestSeconds: settings.requestSeconds,
        drainSeconds: DRAIN_SECONDS,
        accessLogs,
        alarms,
        protect: args.protect,
      },
      child,
    );
    this.registerOutputs({});
  }
}
