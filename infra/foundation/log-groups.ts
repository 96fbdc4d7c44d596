import * as aws from '@pulumi/aws';
import type * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from './keys.ts';

export type LogGroupArgs = {
  /**
   * The name, where a service of AWS writes to a name that it makes up itself (`/aws/lambda/NAME`). It must
   * exist before the service does, or the service makes one without a key that is kept for ever.
   */
  logName: pulumi.Input<string>;
  /** Lines are removed after so many days; storage costs $.03 a GB and month. */
  days: number;
  /** `keys.logs`. */
  key: EncryptionKey;
  /** Where the group is; its key must be there too. Default: the provider's region. */
  region?: string;
};

/** A log group that is encrypted with our key and ends some day. */
export function logGroup(
  name: string,
  args: LogGroupArgs,
  options?: pulumi.CustomResourceOptions,
): aws.cloudwatch.LogGroup {
  return new aws.cloudwatch.LogGroup(
    name,
    { name: args.logName, retentionInDays: args.days, kmsKeyId: args.key.arn, region: args.region },
    options,
  );
}
