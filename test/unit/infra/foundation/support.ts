import * as pulumi from '@pulumi/pulumi';
import type { RecordingOptions } from '../../../support/recorded.ts';

/** The network of the components under test. */
export const PLACE = { environment: 'test', account: '111122223333', region: 'eu-west-1' };

/** A key as `Keys` gives it out. */
export const KEY = { arn: pulumi.output('arn:key'), id: pulumi.output('key-id') };

/** What the foundation's resources answer besides their inputs. */
export const OUTPUTS: RecordingOptions = {
  outputs: ({ type, name }) => ({ arn: `arn:${name}`, ...ownOutputs(type, name) }),
};

function ownOutputs(type: string, name: string): Record<string, unknown> {
  switch (type) {
    case 'aws:kms/key:Key':
      return { keyId: `${name}-key-id` };
    case 'aws:s3/bucket:Bucket':
      return { bucket: name, bucketDomainName: `${name}.s3.amazonaws.com` };
    case 'aws:iam/role:Role':
      return { name, uniqueId: `AROA-${name}` };
    case 'aws:ec2/vpcEndpoint:VpcEndpoint':
      return { prefixListId: `pl-${name}` };
    case 'aws:ec2/eip:Eip':
      return { publicIp: `address of ${name}` };
    case 'aws:rds/subnetGroup:SubnetGroup':
    case 'aws:rds/clusterParameterGroup:ClusterParameterGroup':
      return { name: `${name}-1a2b3c4` };
    case 'aws:ecr/repository:Repository':
      return { repositoryUrl: `url of ${name}` };
    case 'aws:rds/cluster:Cluster':
      return {
        endpoint: 'writer.example',
        readerEndpoint: 'reader.example',
        clusterResourceId: 'cluster-ABC',
        masterUserSecrets: [{ secretArn: 'arn:secret' }],
      };
    case 'aws:eks/cluster:Cluster':
      return { endpoint: 'https://eks.example', certificateAuthority: { data: 'LS0t' } };
    case 'aws:eks/nodeGroup:NodeGroup':
      return { resources: [{ autoscalingGroups: [{ name: `${name}-group` }] }] };
    default:
      return {};
  }
}

export type Document = { Version: string; Statement: Record<string, unknown>[] };

/** A policy as the engine got it. */
export function documentIn(text: unknown): Document {
  return JSON.parse(String(text)) as Document;
}

/** The message of what a constructor throws, property included; null where it throws nothing. */
export function refusalOf(construct: () => unknown): string | null {
  try {
    construct();
    return null;
  } catch (error) {
    if (pulumi.InputPropertyError.isInstance(error)) return `${error.propertyPath} ${error.reason}`;
    throw error;
  }
}
