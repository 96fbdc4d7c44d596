import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ServiceRole } from '../iam.ts';
import type { EncryptionKey } from '../keys.ts';
import { logGroup } from '../logs.ts';

export type FlowLogsArgs = {
  environment: string;
  account: string;
  region: string;
  vpcId: pulumi.Input<string>;
  days: number;
  key: EncryptionKey;
};

/** Who spoke with whom in the VPC, and what was refused; a line a connection and ten minutes. */
export class FlowLogs extends pulumi.ComponentResource {
  readonly logGroupName: pulumi.Output<string>;

  constructor(name: string, args: FlowLogsArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:network:FlowLogs', name, {}, options);
    const group = logGroup(
      `${name}-lines`,
      { logName: `/${args.environment}/network/flows`, days: args.days, key: args.key },
      { parent: this },
    );
    const role = new ServiceRole(
      `${name}-writer`,
      {
        service: 'vpc-flow-logs.amazonaws.com',
        description: 'Writes the flow logs of the VPC',
        // https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
        condition: {
          StringEquals: { 'aws:SourceAccount': args.account },
          ArnLike: { 'aws:SourceArn': `arn:aws:ec2:${args.region}:${args.account}:vpc-flow-log/*` },
        },
        statements: [
          {
            Sid: 'Write',
            Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
            Resource: [group.arn, pulumi.interpolate`${group.arn}:*`],
          },
        ],
      },
      { parent: this },
    );
    new aws.ec2.FlowLog(
      `${name}-log`,
      {
        vpcId: args.vpcId,
        trafficType: 'ALL',
        logDestinationType: 'cloud-watch-logs',
        logDestination: group.arn,
        iamRoleArn: role.arn,
        maxAggregationInterval: 600,
      },
      { parent: this },
    );
    this.logGroupName = group.name;
    this.registerOutputs({ logGroupName: this.logGroupName });
  }
}
