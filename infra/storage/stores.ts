import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import type { Protection } from '../foundation/protection.ts';
import type { AwsSettings } from '../settings/aws.ts';
import type { ClusterName } from '../settings/common.ts';
import type { StorageNames } from './applications/index.ts';
import { CephCluster } from './ceph/index.ts';
import { CEPH_HOSTS } from './commands.ts';
import { InventoryBucket, SourceBucket } from './source/index.ts';

export type StoresArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
  names: StorageNames;
  /** The private zone of the names, and their certificate. */
  zoneId: pulumi.Input<string>;
  certificateArn: pulumi.Input<string>;
};

/** Where objects lie: the customer's buckets on S3, and the two Ceph clusters that they move to. */
export class Stores extends pulumi.ComponentResource {
  readonly sources: readonly SourceBucket[];
  readonly images: CephCluster;
  readonly metadata: CephCluster;

  constructor(name: string, args: StoresArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:Stores', name, {}, options);
    const { settings, foundation, protect } = args;
    const { environment, account, region } = settings;
    const child = { parent: this };
    const inventory = new InventoryBucket(
      `${name}-inventory`,
      {
        account,
        protect,
        sourceBuckets: settings.buckets.map(({ source }) => source),
        key: foundation.keys.buckets,
        accessLogs: foundation.logs,
      },
      child,
    );
    this.sources = settings.buckets.map(
      (bucket) =>
        new SourceBucket(
          `${name}-source-${bucket.name}`,
          {
            bucket,
            environment,
            account,
            region,
            protect,
            inventory,
            accessLogs: foundation.logs,
            alarms: foundation.alarms,
          },
          child,
        ),
    );
    this.images = this.#cluster(name, 'images', args);
    this.metadata = this.#cluster(name, 'metadata', args);
    this.registerOutputs({ images: this.images.endpoint, metadata: this.metadata.endpoint });
  }

  #cluster(name: string, cluster: ClusterName, args: StoresArgs): CephCluster {
    const { settings, foundation, names, protect } = args;
    return new CephCluster(
      `${name}-${cluster}`,
      {
        cluster,
        environment: settings.environment,
        region: settings.region,
        account: settings.account,
        settings: settings.ceph[cluster],
        network: foundation.network,
        keys: foundation.keys,
        alarms: foundation.alarms,
        registry: foundation.registry,
        accessLogs: foundation.logs,
        image: settings.cephImage,
        names: { gateway: names.gateways[cluster], all: names.gatewayHostNames[cluster] },
        zoneId: args.zoneId,
        certificateArn: args.certificateArn,
        // Browsers see the images: they are as public here as there.
        buckets: settings.buckets
          .filter((bucket) => bucket.cluster === cluster)
          .map(({ target }) => ({ name: target, public: cluster === 'images' })),
        // Images are reached through the cache tier.
        ...(cluster === 'metadata' && {
          clientNetworks: [settings.network.cidr, ...settings.network.peers],
        }),
        main: CEPH_HOSTS,
        protect,
      },
      { parent: this },
    );
  }
}
