import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export type EnvironmentParameterArgs = {
  /** Part of the parameter's name: `/storage/ENVIRONMENT/environment`. */
  environment: 'dev' | 'prod';
  region: string;
  account: string;
  /** The environment document as JSON. There is no secret in it. */
  document: pulumi.Input<string>;
};

/** Where the functions of the move, and an operator, find the environment document. */
export class EnvironmentParameter extends pulumi.ComponentResource {
  /** Known when the document can be read. */
  readonly name: pulumi.Output<string>;

  constructor(name: string, args: EnvironmentParameterArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:index:EnvironmentParameter', name, {}, options);
    this.name = new aws.ssm.Parameter(
      `${name}-document`,
      {
        name: environmentParameterOf(args).name,
        description: 'Endpoints, names and bounds of this environment, for the move. Written by the stack.',
        type: 'String',
        // The document is larger than the 4 KiB of the standard tier; 8 KiB are the most.
        tier: 'Advanced',
        value: args.document,
      },
      { parent: this },
    ).name;
    this.registerOutputs({ name: this.name });
  }
}

type Place = Pick<EnvironmentParameterArgs, 'environment' | 'region' | 'account'>;

/** The parameter's name and ARN, known before it exists: its readers are made first. */
export function environmentParameterOf(place: Place): { name: string; arn: string } {
  return parameterOf('environment', place);
}

/** The parameter that holds the CDN's ARN: made after the gate, so it cannot be in the document. */
export function distributionParameterOf(place: Place): { name: string; arn: string } {
  return parameterOf('distribution', place);
}

function parameterOf(what: string, { environment, region, account }: Place): { name: string; arn: string } {
  const name = `/storage/${environment}/${what}`;
  return { name, arn: `arn:aws:ssm:${region}:${account}:parameter${name}` };
}
