import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { policyDocument } from './iam.ts';
import { KEY_PURPOSES, keyStatements, type KeyPurpose } from './key-policies.ts';
import { protection, type Protection } from './protection.ts';
import { named } from './tags.ts';

/** A key of KMS, as what it encrypts refers to it. */
export type EncryptionKey = {
  arn: pulumi.Output<string>;
  /** The key's id, a UUID. */
  id: pulumi.Output<string>;
};

export type KeysArgs = Protection & {
  environment: string;
  /** The 12 digits of the account; the key's policies allow nobody outside it. */
  account: string;
  region: string;
};

/**
 * One key of KMS a purpose, each turned over by AWS once a year (old data stays readable). A key costs $1 a
 * month, $2 or $3 once it has been turned over. Deleting one waits 30 days: what it encrypted is lost with it.
 */
export class Keys extends pulumi.ComponentResource {
  readonly logs: EncryptionKey;
  readonly database: EncryptionKey;
  readonly volumes: EncryptionKey;
  readonly secrets: EncryptionKey;
  readonly messages: EncryptionKey;
  readonly kubernetes: EncryptionKey;
  readonly buckets: EncryptionKey;

  constructor(name: string, args: KeysArgs, options?: pulumi.ComponentResourceOptions) {
    super('foundation:keys:Keys', name, {}, options);
    const key = (purpose: KeyPurpose): EncryptionKey => {
      const { arn, keyId } = new aws.kms.Key(
        `${name}-${purpose}`,
        {
          description: `${args.environment}: ${KEY_PURPOSES[purpose]}`,
          enableKeyRotation: true,
          deletionWindowInDays: 30,
          policy: policyDocument(keyStatements(purpose, args)),
          tags: named(`${args.environment}-${purpose}`),
        },
        { parent: this, ...protection(args) },
      );
      return { arn, id: keyId };
    };
    this.logs = key('logs');
    this.database = key('database');
    this.volumes = key('volumes');
    this.secrets = key('secrets');
    this.messages = key('messages');
    this.kubernetes = key('kubernetes');
    this.buckets = key('buckets');
    this.registerOutputs({});
  }
}
