import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { protection, type Protection } from '../../foundation/protection.ts';

export type CephCredentialsArgs = Protection & {
  /** Before each name: `storage-ENVIRONMENT/ceph/CLUSTER/`. */
  prefix: string;
  /** Users of RGW. One secret more is the dashboard's. */
  users: readonly string[];
  /** `keys.secrets`. */
  key: EncryptionKey;
};

/** Days in which a deleted secret can be brought back. Its name is taken as long. */
const RECOVERY_DAYS = 30;

/**
 * Secrets for the keys of RGW's users, empty: a monitor makes the keys and writes them here, so that they
 * are in no state and no log.
 */
export class CephCredentials extends pulumi.ComponentResource {
  readonly arns: pulumi.Output<string>[];

  constructor(name: string, args: CephCredentialsArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:ceph:Credentials', name, {}, options);
    this.arns = [...args.users, 'dashboard'].map(
      (user) =>
        new aws.secretsmanager.Secret(
          `${name}-${user}`,
          {
            name: `${args.prefix}${user}`,
            description: `Keys of ${user} on Ceph; written by the cluster's monitors`,
            kmsKeyId: args.key.arn,
            // A rehearsal that is taken down and made again needs the name at once.
            recoveryWindowInDays: args.protect ? RECOVERY_DAYS : 0,
          },
          { parent: this, ...protection(args) },
        ).arn,
    );
    this.registerOutputs({ arns: this.arns });
  }
}
