import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { ServiceRole, type IamStatement } from '../../foundation/iam.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { logGroup } from '../../foundation/logs.ts';
import type { Network } from '../../foundation/network/network.ts';
import { allowToEndpoints, allowTraffic, partSecurityGroup } from '../../foundation/network/traffic.ts';
import { bundleFunction, FUNCTION_HANDLER, FUNCTION_RUNTIME } from '../functions/bundle.ts';
import type { CaptureQueue } from './queue.ts';
import { ENTRIES } from '../../../scripts/contract/entries.ts';

/** A batch is one transaction; the ledger's own time-outs come first. */
export const TIMEOUT_SECONDS = 30;
/** The most that SQS hands over without waiting for more: a canary must not wait. */
const BATCH = 10;
/** Network interfaces in the VPC, as AWS documents that a function needs them. */
const VPC_ACCESS = 'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole';

/** The database of the ledger, as far as capture goes; `Database` of the foundation is one. */
export type LedgerDatabase = {
  securityGroupId: pulumi.Input<string>;
  port: number;
  connectStatement(user: string): IamStatement;
};

export type CaptureFunctionArgs = {
  environment: string;
  network: Network;
  keys: { logs: EncryptionKey; messages: EncryptionKey };
  database: LedgerDatabase;
  queue: CaptureQueue;
  /** The parameter of Systems Manager that holds the environment document. */
  environmentParameter: { name: string; arn: pulumi.Input<string> };
  ownPrincipals: readonly pulumi.Input<string>[];
  maximumConcurrency: number;
  logDays: number;
};

/** The Lambda that stores what comes from the queue in the operation log. */
export class CaptureFunction extends pulumi.ComponentResource {
  readonly functionName: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: CaptureFunctionArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:capture:CaptureFunction', name, {}, options);
    const child = { parent: this };
    const functionName = `storage-${args.environment}-capture`;
    const lines = logGroup(
      `${name}-lines`,
      { logName: `/aws/lambda/${functionName}`, days: args.logDays, key: args.keys.logs },
      child,
    );
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: args.network.vpcId, description: 'Capture of changes on S3' },
      child,
    );
    const from = { name: 'capture', group: group.id };
    const to = { name: 'the database', group: args.database.securityGroupId };
    allowTraffic(
      `${name}-ledger`,
      { from, to, ports: args.database.port, why: 'writes the operation log' },
      child,
    );
    allowToEndpoints(
      `${name}-endpoints`,
      { from, network: args.network, why: 'reads the environment from Systems Manager' },
      child,
    );
    const role = new ServiceRole(
      `${name}-as`,
      {
        service: 'lambda.amazonaws.com',
        description: 'Stores changes on S3 in the operation log',
        statements: statements(args),
        managedPolicyArns: [VPC_ACCESS],
      },
      child,
    );
    const lambda = new aws.lambda.Function(
      `${name}-function`,
      {
        name: functionName,
        description: 'Stores changes on S3 in the operation log',
        role: role.arn,
        runtime: FUNCTION_RUNTIME,
        architectures: ['arm64'],
        handler: FUNCTION_HANDLER,
        code: bundleFunction(ENTRIES.captureFunction),
        memorySize: 512,
        timeout: TIMEOUT_SECONDS,
        vpcConfig: {
          subnetIds: args.network.zones.map((zone) => zone.privateSubnetId),
          securityGroupIds: [group.id],
        },
        environment: {
          variables: {
            MIGRATE_ENVIRONMENT: `ssm:${args.environmentParameter.name}`,
            MIGRATE_OWN_PRINCIPALS: pulumi.all([...args.ownPrincipals]).apply((ids) => ids.join(',')),
          },
        },
        kmsKeyArn: args.keys.messages.arn,
        loggingConfig: { logFormat: 'Text', logGroup: lines.name },
      },
      child,
    );
    new aws.lambda.EventSourceMapping(
      `${name}-source`,
      {
        eventSourceArn: args.queue.arn,
        functionName: lambda.arn,
        batchSize: BATCH,
        functionResponseTypes: ['ReportBatchItemFailures'],
        // Each running copy holds one connection to the ledger.
        scalingConfig: { maximumConcurrency: args.maximumConcurrency },
      },
      child,
    );
    this.functionName = lambda.name;
    this.securityGroupId = group.id;
    this.registerOutputs({ functionName: this.functionName });
  }
}

function statements(args: CaptureFunctionArgs): IamStatement[] {
  return [
    {
      Sid: 'TakeMessages',
      Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      Resource: [args.queue.arn],
    },
    { Sid: 'ReadMessages', Action: ['kms:Decrypt'], Resource: [args.keys.messages.arn] },
    {
      Sid: 'ReadEnvironment',
      Action: ['ssm:GetParameter'],
      Resource: [args.environmentParameter.arn],
    },
    args.database.connectStatement('storage_move'),
  ];
}
