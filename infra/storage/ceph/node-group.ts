import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { hostUserData } from './plan/host-user-data.ts';
import type { Host } from './plan/service-spec.ts';
import { placeGroup } from './plan/placement.ts';
import { instanceType } from './plan/storage-nodes.ts';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import type { NetworkZone } from '../../foundation/network/zone.ts';
import { protection, type Protection } from '../../foundation/protection.ts';
import { named } from '../../foundation/tags.ts';
import type { CephNodeGroup } from '../../settings/aws.ts';

/** The system, images of containers, a monitor's store, Prometheus' figures of two weeks. */
const ROOT_GIB = 60;

export type CephNodesArgs = Protection & {
  environment: string;
  region: string;
  cluster: string;
  group: CephNodeGroup;
  zones: readonly NetworkZone[];
  securityGroupId: pulumi.Input<string>;
  instanceProfileName: pulumi.Input<string>;
  /** `keys.volumes`. */
  volumesKey: EncryptionKey;
  /** The parameter in which the cluster publishes its SSH key. */
  keyParameter: string;
  alarms: AlarmTopic;
};

/** An instance, and what it is in Ceph. */
export type CephNode = {
  name: string;
  instanceId: pulumi.Output<string>;
  host: pulumi.Output<Host>;
};

/**
 * A group of equal nodes, spread over the zones in turn. Plain instances, no Auto Scaling group: what is on
 * their disks is lost with them, also when one is merely stopped. So nothing that an update changes may stop
 * one, and more nodes come at the end.
 */
export class CephNodes extends pulumi.ComponentResource {
  readonly nodes: readonly CephNode[];

  constructor(name: string, args: CephNodesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:Nodes', name, {}, options);
    const { group } = args;
    const image = machineImage(group.instanceType, this);
    this.nodes = placeGroup(group, args.zones.length).map((place) => {
      const zone = args.zones[place.zone];
      if (zone === undefined) throw new RangeError(`${place.name} has no zone`);
      const instance = new aws.ec2.Instance(
        `${name}-${place.index}`,
        {
          ami: image,
          instanceType: group.instanceType,
          subnetId: zone.storageSubnetId,
          vpcSecurityGroupIds: [args.securityGroupId],
          iamInstanceProfile: args.instanceProfileName,
          associatePublicIpAddress: false,
          userData: hostUserData({
            name: place.name,
            region: args.region,
            keyParameter: args.keyParameter,
          }),
          userDataReplaceOnChange: false,
          disableApiTermination: args.protect,
          disableApiStop: args.protect,
          instanceInitiatedShutdownBehavior: 'stop',
          ebsOptimized: true,
          // Containers need none of the host's credentials: one hop ends at the host.
          metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
          rootBlockDevice: {
            volumeType: 'gp3',
            volumeSize: ROOT_GIB,
            encrypted: true,
            kmsKeyId: args.volumesKey.arn,
            deleteOnTermination: true,
            tags: named(`${args.environment}-${args.cluster}-${place.name}`),
          },
          tags: named(`${args.environment}-${args.cluster}-${place.name}`),
        },
        {
          parent: this,
          ...protection(args),
          // A newer image, or another text here, is for nodes that are still to come: changing userData stops
          // and starts an instance, and its disks come back empty.
          ignoreChanges: ['ami', 'userData', 'userDataBase64'],
        },
      );
      this.#watch(`${name}-${place.index}`, place.name, instance, args);
      return {
        name: place.name,
        instanceId: instance.id,
        host: instance.privateIp.apply((address) => ({
          name: place.name,
          address,
          group: group.name,
          roles: group.roles,
          zone: zone.name,
        })),
      };
    });
    this.registerOutputs({ nodes: this.nodes });
  }

  #watch(name: string, node: string, instance: aws.ec2.Instance, args: CephNodesArgs): void {
    alarm(
      `${name}-status`,
      {
        topic: args.alarms,
        description:
          `The machine of ${node} (Ceph cluster ${args.cluster}) fails EC2's checks. Data goes on being served from the ` +
          'copies elsewhere. Do not stop it, its disks would come back empty; docs/runbooks/ceph-replace-node.md says ' +
          'what to do.',
        metric: {
          namespace: 'AWS/EC2',
          name: 'StatusCheckFailed',
          dimensions: { InstanceId: instance.id },
          statistic: 'Maximum',
          periodSeconds: 60,
        },
        above: 0,
        forPeriods: 3,
        missing: 'breaching',
      },
      { parent: this },
    );
  }
}

/** The newest Amazon Linux 2023: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html */
function machineImage(type: string, parent: pulumi.Resource): pulumi.Output<string> {
  const { architecture } = instanceType(type);
  return aws.ssm.getParameterOutput(
    { name: `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-${architecture}` },
    { parent },
  ).insecureValue;
}
