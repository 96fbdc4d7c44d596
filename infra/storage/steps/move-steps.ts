import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { alarm, type AlarmTopic } from '../../foundation/alarms.ts';
import { ServiceRole } from '../../foundation/iam.ts';
import type { Keys } from '../../foundation/keys.ts';
import { logGroup } from '../../foundation/logs.ts';
import type { Network } from '../../foundation/network/network.ts';
import {
  allowToEndpoints,
  allowToS3,
  allowTraffic,
  partSecurityGroup,
  type Part,
} from '../../foundation/network/traffic.ts';
import { bundleFunction, FUNCTION_HANDLER, FUNCTION_RUNTIME } from '../functions/bundle.ts';
import { stepsRights, type StepsRightsArgs } from './rights.ts';
import { ENTRIES } from '../../../scripts/contract/entries.ts';

/** The longest that Lambda lets a function run; what takes longer is a Job of the cluster. */
const TIMEOUT_SECONDS = 900;
/** One whole processor: a gate compares thousands of keys. */
const MEMORY_MEGABYTES = 1769;
/** Network interfaces in the VPC, as AWS documents that a function needs them. */
const VPC_ACCESS = 'arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole';

export type MoveStepsArgs = Omit<
  StepsRightsArgs,
  'database' | 'secretsKeyArn' | 'databaseKeyArn' | 'environmentParameterArn'
> & {
  network: Network;
  keys: Pick<Keys, 'logs' | 'secrets' | 'database'>;
  database: StepsRightsArgs['database'] & { securityGroupId: pulumi.Input<string>; port: number };
  /** The parameter of Systems Manager that holds the environment document. */
  environmentParameter: { name: string; arn: pulumi.Input<string> };
  /**
   * Whom the steps talk to besides the database, S3 and AWS' own services: each Ceph cluster's load balancer,
   * and the pods of the cache tier, which are asked whether they have turned.
   */
  reach: readonly { to: Part; port: number; why: string }[];
  alarms: AlarmTopic;
  logDays: number;
};

/**
 * The function that runs gates and steps of the move inside the VPC. Updates run on a CI runner that reaches
 * only AWS' APIs: it invokes this one by its name; the right to do that is the right to move the data.
 */
export class MoveSteps extends pulumi.ComponentResource {
  /** For MIGRATE_STEPS_FUNCTION. Known once the function may do what it is for. */
  readonly functionName: pulumi.Output<string>;
  readonly functionArn: pulumi.Output<string>;
  readonly roleArn: pulumi.Output<string>;
  /** `AROA…`: whose writes on S3 are ours. */
  readonly roleUniqueId: pulumi.Output<string>;
  readonly securityGroupId: pulumi.Output<string>;

  constructor(name: string, args: MoveStepsArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:steps:MoveSteps', name, {}, options);
    const names = args.reach.map(({ to }) => to.name);
    const twice = names.find((each, index) => names.indexOf(each) !== index);
    if (twice !== undefined) {
      throw new pulumi.InputPropertyError({
        propertyPath: 'reach',
        reason: `names "${twice}" twice; each part needs a name of its own, since rules are named after it`,
      });
    }
    const child = { parent: this };
    const { environment, keys } = args;
    const functionName = stepsFunctionName(environment);
    const group = this.#traffic(name, args);
    const role = new ServiceRole(
      `${name}-as`,
      {
        service: 'lambda.amazonaws.com',
        description: 'Gates and steps of the move',
        statements: stepsRights({
          ...args,
          secretsKeyArn: keys.secrets.arn,
          databaseKeyArn: keys.database.arn,
          environmentParameterArn: args.environmentParameter.arn,
        }),
        managedPolicyArns: [VPC_ACCESS],
      },
      child,
    );
    const lines = logGroup(
      `${name}-lines`,
      { logName: `/aws/lambda/${functionName}`, days: args.logDays, key: keys.logs },
      child,
    );
    const lambda = new aws.lambda.Function(
      `${name}-function`,
      {
        name: functionName,
        description: 'Gates and steps of the move, for updates that run outside the VPC',
        role: role.arn,
        runtime: FUNCTION_RUNTIME,
        architectures: ['arm64'],
        handler: FUNCTION_HANDLER,
        code: bundleFunction(ENTRIES.stepsFunction, { files: ['infra/database'] }),
        memorySize: MEMORY_MEGABYTES,
        timeout: TIMEOUT_SECONDS,
        vpcConfig: {
          subnetIds: args.network.zones.map((zone) => zone.privateSubnetId),
          securityGroupIds: [group.id],
        },
        environment: { variables: { MIGRATE_ENVIRONMENT: `ssm:${args.environmentParameter.name}` } },
        kmsKeyArn: keys.secrets.arn,
        loggingConfig: { logFormat: 'Text', logGroup: lines.name },
      },
      child,
    );
    alarm(
      `${name}-ended`,
      {
        topic: args.alarms,
        description:
          'A step of the move was ended in the middle (time, memory, a crash). What it had done is kept, and the ' +
          'worker hold-watch ends a hold that it had begun. Run pulumi up again; the log says where it was.',
        metric: {
          namespace: 'AWS/Lambda',
          name: 'Errors',
          dimensions: { FunctionName: functionName },
          statistic: 'Sum',
          periodSeconds: 300,
        },
        above: 0,
        missing: 'notBreaching',
      },
      child,
    );
    this.functionName = lambda.name;
    this.functionArn = lambda.arn;
    this.roleArn = role.arn;
    this.roleUniqueId = role.uniqueId;
    this.securityGroupId = group.id;
    this.registerOutputs({ functionName: this.functionName });
  }

  #traffic(name: string, { network, database, reach }: MoveStepsArgs): aws.ec2.SecurityGroup {
    const child = { parent: this };
    const group = partSecurityGroup(
      `${name}-group`,
      { vpcId: network.vpcId, description: 'Gates and steps of the move' },
      child,
    );
    const from: Part = { name: 'steps', group: group.id };
    const to: Part = { name: 'the database', group: database.securityGroupId };
    allowTraffic(`${name}-ledger`, { from, to, ports: database.port, why: 'the ledger' }, child);
    for (const { to: part, port, why } of reach) {
      allowTraffic(
        `${name}-to-${part.name.replaceAll(' ', '-')}`,
        { from, to: part, ports: port, why },
        child,
      );
    }
    allowToS3(`${name}-s3`, { from, network, why: 'documents and objects of the source buckets' }, child);
    allowToEndpoints(
      `${name}-endpoints`,
      { from, network, why: 'parameters, secrets and the depth of the queue' },
      child,
    );
    return group;
  }
}

/** The function's name in the account, which is in no state that a CI runner would have to read. */
export function stepsFunctionName(environment: string): string {
  return `storage-${environment}-steps`;
}
