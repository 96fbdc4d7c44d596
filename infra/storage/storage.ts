import * as pulumi from '@pulumi/pulumi';
import type { Foundation } from '../foundation/index.ts';
import type { Protection } from '../foundation/protection.ts';
import type { AwsSettings } from '../settings/aws.ts';
import { ApplicationsParameter, Certificates, ObjectsZone, storageNames } from './applications/index.ts';
import { InventoryBucket, SourceBucket } from './source/index.ts';

export type StorageArgs = Protection & {
  settings: AwsSettings & { region: string };
  foundation: Foundation;
};

/**
 * The storage system on AWS, in the order of an object's way: names, S3, capture, Ceph, cache tier, CDN,
 * workers, and the phase of the move that runs through them.
 */
export class Storage extends pulumi.ComponentResource {
  readonly applicationsParameter: pulumi.Output<string>;

  constructor(name: string, args: StorageArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:Storage', name, {}, options);
    const { settings, foundation, protect } = args;
    const { environment, region, account, domain } = settings;
    const child = { parent: this };
    const names = storageNames(domain);

    const zone = new ObjectsZone(
      `${name}-objects`,
      { objects: names.objects, vpcId: foundation.network.vpcId, protect },
      child,
    );
    const certificates = new Certificates(
      `${name}-certificates`,
      { names, zone: domain.zone, zoneId: domain.zoneId },
      child,
    );
    const parameter = new ApplicationsParameter(`${name}-applications`, { environment, protect }, child);

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
    const sources = settings.buckets.map(
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

    this.applicationsParameter = parameter.name;
    this.registerOutputs({ applicationsParameter: this.applicationsParameter });
  }
}
