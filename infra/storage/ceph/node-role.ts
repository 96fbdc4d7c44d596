import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ServiceRole, type IamStatement } from '../../foundation/iam.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { METRICS_NAMESPACE, type CephNames } from './names.ts';

export type CephNodeRoleArgs = {
  region: string;
  account: string;
  names: CephNames;
  /** What pulling images takes (`registry.pullStatements()`). */
  pull: readonly IamStatement[];
  /** For monitors: the secrets that they write, and the key that encrypts them. Default: none. */
  writes?: { secretArns: readonly pulumi.Input<string>[]; key: EncryptionKey };
};

/** AWS' own policy for sessions and commands in place of SSH. */
const SESSIONS = 'arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore';

/** What a node may do in AWS: pull images and say how it is; a monitor also keeps the cluster's record and keys. */
export class CephNodeRole extends pulumi.ComponentResource {
  readonly instanceProfileName: pulumi.Output<string>;

  constructor(name: string, args: CephNodeRoleArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:NodeRole', name, {}, options);
    const role = new ServiceRole(
      `${name}-role`,
      {
        service: 'ec2.amazonaws.com',
        description: args.writes === undefined ? 'Ceph nodes' : 'Ceph monitors',
        managedPolicyArns: [SESSIONS],
        statements: [...args.pull, ...ownStatements(args), ...monitorStatements(args)],
      },
      { parent: this },
    );
    const profile = new aws.iam.InstanceProfile(`${name}-profile`, { role: role.name }, { parent: this });
    this.instanceProfileName = profile.name;
    this.registerOutputs({ instanceProfileName: this.instanceProfileName });
  }
}

function parameterArn(args: CephNodeRoleArgs, name: string): string {
  return `arn:aws:ssm:${args.region}:${args.account}:parameter${args.names.parameters}/${name}`;
}

function ownStatements(args: CephNodeRoleArgs): IamStatement[] {
  return [
    {
      Sid: 'ClustersKeyOfSsh',
      Action: ['ssm:GetParameter'],
      Resource: [parameterArn(args, 'ssh-public-key')],
    },
    {
      Sid: 'Figures',
      Action: ['cloudwatch:PutMetricData'],
      // Metrics have no ARN.
      Resource: ['*'],
      Condition: { StringEquals: { 'cloudwatch:namespace': METRICS_NAMESPACE } },
    },
  ];
}

function monitorStatements(args: CephNodeRoleArgs): IamStatement[] {
  if (args.writes === undefined) return [];
  return [
    {
      Sid: 'RecordOfTheCluster',
      Action: ['ssm:GetParameter', 'ssm:PutParameter'],
      Resource: [parameterArn(args, 'fsid'), parameterArn(args, 'ssh-public-key')],
    },
    {
      Sid: 'KeysOfUsers',
      Action: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
      Resource: [...args.writes.secretArns],
    },
    {
      Sid: 'EncryptionOfKeys',
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: [args.writes.key.arn],
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${args.region}.amazonaws.com` } },
    },
  ];
}
