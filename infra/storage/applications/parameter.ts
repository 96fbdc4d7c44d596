import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { protection, type Protection } from '../../foundation/protection.ts';
import { UNDECIDED } from '../../../scripts/contract/undecided.ts';

export type ApplicationsParameterArgs = Protection & {
  /** Part of the parameter's name: `/storage/ENVIRONMENT/applications`. */
  environment: 'dev' | 'prod';
};

/**
 * The one document that all applications read to know where the objects are and whether they may write.
 * The stack makes it; what it says is changed by the hold and nothing else, so an update never puts an old
 * word back.
 */
export class ApplicationsParameter extends pulumi.ComponentResource {
  /** `/storage/ENVIRONMENT/applications` */
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: ApplicationsParameterArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:applications:ApplicationsParameter', name, {}, options);
    const parameter = new aws.ssm.Parameter(
      `${name}-document`,
      {
        name: applicationsParameterName(args.environment),
        description: 'Where the objects are and whether they may be written. Changed by the hold only.',
        type: 'String',
        // A document of more than 4 KiB (about ten buckets) does not fit into the standard tier.
        tier: 'Advanced',
        value: JSON.stringify(UNDECIDED),
      },
      {
        parent: this,
        ...protection(args),
        ignoreChanges: ['value', 'insecureValue'],
      },
    );
    this.name = parameter.name;
    this.arn = parameter.arn;
    this.registerOutputs({ name: this.name, arn: this.arn });
  }
}

/** The parameter's name, which applications have in their own configuration. */
export function applicationsParameterName(environment: string): string {
  return `/storage/${environment}/applications`;
}
