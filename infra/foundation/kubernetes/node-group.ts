import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { imageType } from './node-image.ts';
import { nodeUserData } from './node-user-data.ts';

/** What of a cluster its node groups need. */
export type NodeCluster = {
  name: pulumi.Input<string>;
  /** The cluster's version; nodes are replaced, a few at a time, when it goes up. */
  version: string;
  nodeRoleArn: pulumi.Input<string>;
  /** The nodes' security group. */
  securityGroupId: pulumi.Input<string>;
  /** Encrypts the nodes' root volumes. */
  volumesKeyArn: pulumi.Input<string>;
};

export type NodeTaint = {
  key: string;
  value: string;
  effect: 'NO_SCHEDULE' | 'PREFER_NO_SCHEDULE' | 'NO_EXECUTE';
};

export type KubernetesNodeGroupArgs = {
  cluster: NodeCluster;
  /** Private subnets; nodes are spread over their zones. */
  subnetIds: readonly pulumi.Input<string>[];
  /** Of one architecture. Several give spot more pools to take from, so that fewer are taken away. */
  instanceTypes: readonly [string, ...string[]];
  /** `spot` costs about a third and is taken away with two minutes' notice. */
  capacity: 'on-demand' | 'spot';
  /** Nodes that are always there; 0 where the group only runs now and then. */
  minimum: number;
  /** The cluster autoscaler adds nodes for pods that find no place, up to this many. */
  maximum: number;
  /** Nodes at first; default `minimum`. From then on the autoscaler's. */
  desired?: number;
  /** By which pods choose these nodes. Default: none. */
  labels?: Record<string, string>;
  /** Keep all pods away that do not tolerate them. Default: none. */
  taints?: readonly NodeTaint[];
  /** `raid0`: pods' `emptyDir` lies on the local NVMe disks and is gone with the node. Default: on the root volume. */
  localStorage?: 'raid0';
  /** Takes the image with NVIDIA's driver. Default false. */
  gpu?: boolean;
  /** GiB of the root volume, for images and logs. Default 40. */
  volumeGibibytes?: number;
  /** Beside the nodes' own, for traffic that only these nodes take. Default: none. */
  securityGroupIds?: readonly pulumi.Input<string>[];
};

/**
 * A managed node group. Its machines are like each other and hold nothing: a lost one is replaced, and a new
 * version replaces them a third at a time.
 */
export class KubernetesNodeGroup extends pulumi.ComponentResource {
  /** For load balancers whose targets are the nodes. */
  readonly autoScalingGroupName: pulumi.Output<string>;

  constructor(name: string, args: KubernetesNodeGroupArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:kubernetes:KubernetesNodeGroup', name, {}, options);
    const amiType = validated(args);
    const child = { parent: this };
    const template = launchTemplate(name, args, child);
    const group = new aws.eks.NodeGroup(
      `${name}-nodes`,
      {
        clusterName: args.cluster.name,
        nodeRoleArn: args.cluster.nodeRoleArn,
        subnetIds: [...args.subnetIds],
        version: args.cluster.version,
        amiType,
        capacityType: args.capacity === 'spot' ? 'SPOT' : 'ON_DEMAND',
        instanceTypes: [...args.instanceTypes],
        scalingConfig: {
          minSize: args.minimum,
          maxSize: args.maximum,
          desiredSize: args.desired ?? args.minimum,
        },
        updateConfig: { maxUnavailablePercentage: 33 },
        nodeRepairConfig: { enabled: true },
        labels: args.labels ?? {},
        taints: (args.taints ?? []).map((taint) => ({ ...taint })),
        launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      },
      // How many there are now is the autoscaler's to say.
      { ...child, ignoreChanges: ['scalingConfig.desiredSize'] },
    );
    this.autoScalingGroupName = group.resources.apply(
      ([resource]) => resource?.autoscalingGroups[0]?.name ?? '',
    );
    this.registerOutputs({ autoScalingGroupName: this.autoScalingGroupName });
  }
}

/** Refuses what EKS would refuse a quarter of an hour later. Answers with the image's type. */
function validated({
  instanceTypes,
  gpu,
  minimum,
  maximum,
  desired = minimum,
}: KubernetesNodeGroupArgs): string {
  if (!(minimum <= desired && desired <= maximum && maximum >= 1)) {
    throw new pulumi.InputPropertyError({
      propertyPath: 'maximum',
      reason:
        `must be minimum <= desired <= maximum with a maximum of at least 1, ` +
        `got minimum ${minimum}, desired ${desired}, maximum ${maximum}`,
    });
  }
  try {
    return imageType(instanceTypes, gpu ?? false);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new pulumi.InputPropertyError({ propertyPath: 'instanceTypes', reason: error.message });
  }
}

function launchTemplate(
  name: string,
  args: KubernetesNodeGroupArgs,
  child: pulumi.CustomResourceOptions,
): aws.ec2.LaunchTemplate {
  const userData = nodeUserData(args.localStorage === undefined ? {} : { localStorage: args.localStorage });
  // What a group starts does not get the provider's default tags; without them nobody sees who pays.
  const tags = aws.getDefaultTagsOutput({}, child).tags.apply((defaults) => ({ ...defaults, Name: name }));
  return new aws.ec2.LaunchTemplate(
    `${name}-template`,
    {
      updateDefaultVersion: true,
      vpcSecurityGroupIds: [args.cluster.securityGroupId, ...(args.securityGroupIds ?? [])],
      // One hop: a pod cannot reach the node's role; it has a role of its own (PodRole).
      metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: {
            volumeType: 'gp3',
            volumeSize: args.volumeGibibytes ?? 40,
            encrypted: 'true',
            kmsKeyId: args.cluster.volumesKeyArn,
            deleteOnTermination: 'true',
          },
        },
      ],
      ...(userData !== undefined && { userData: Buffer.from(userData).toString('base64') }),
      tagSpecifications: ['instance', 'volume', 'network-interface'].map((resourceType) => ({
        resourceType,
        tags,
      })),
    },
    child,
  );
}
