import * as pulumi from '@pulumi/pulumi';
import { AlarmTopic } from '../../../../infra/foundation/alarms.ts';

/** Parts of the foundation, as components of the storage system use them. */

export function network() {
  const zone = (letter: string) => ({
    name: `us-east-1${letter}`,
    publicSubnetId: pulumi.output(`subnet-public-${letter}`),
    privateSubnetId: pulumi.output(`subnet-private-${letter}`),
    storageSubnetId: pulumi.output(`subnet-storage-${letter}`),
  });
  return { vpcId: pulumi.output('vpc-1'), zones: [zone('a'), zone('b')], logs: pulumi.output('access-logs') };
}

export function alarmTopic(options: pulumi.ComponentResourceOptions): AlarmTopic {
  return new AlarmTopic(
    'alarms',
    { account: '111122223333', key: encryptionKey('messages'), emails: [] },
    options,
  );
}

export function encryptionKey(id: string) {
  return { id: pulumi.output(id), arn: pulumi.output(`arn:aws:kms:us-east-1:111122223333:key/${id}`) };
}

/** What Elastic Load Balancing answers. */
export function loadBalancerOutputs({ type, name }: { type: string; name: string }): Record<string, unknown> {
  switch (type) {
    case 'aws:lb/loadBalancer:LoadBalancer':
      return { dnsName: `${name}.example`, zoneId: 'ZELB', arnSuffix: `app/${name}/1` };
    case 'aws:lb/targetGroup:TargetGroup':
      return { arnSuffix: `targetgroup/${name}/1` };
    default:
      return {};
  }
}
