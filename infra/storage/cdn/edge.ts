import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { AlarmTopic } from '../../foundation/alarms.ts';
import type { Foundation } from '../../foundation/index.ts';
import { policyDocument } from '../../foundation/iam.ts';
import { keyStatements } from '../../foundation/key-policies.ts';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { EDGE_REGION } from '../applications/index.ts';

export type EdgeArgs = {
  environment: string;
  account: string;
  region: string;
  alarmEmails: readonly string[];
  foundation: Pick<Foundation, 'alarms' | 'keys'>;
};

/**
 * Alarms and a key where CloudFront's metrics and the firewall's log are, in us-east-1: the foundation's own
 * where the stack is there, else a topic and keys of their own (each address confirms that topic, too).
 */
export class Edge extends pulumi.ComponentResource {
  readonly alarms: AlarmTopic;
  readonly logKey: EncryptionKey;

  constructor(name: string, args: EdgeArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:Edge', name, {}, options);
    const { foundation, region } = args;
    if (region === EDGE_REGION) {
      this.alarms = foundation.alarms;
      this.logKey = foundation.keys.logs;
    } else {
      const place = { account: args.account, region: EDGE_REGION };
      this.alarms = new AlarmTopic(
        `${name}-alarms`,
        { ...place, key: this.#key(`${name}-messages`, 'messages', args), emails: args.alarmEmails },
        { parent: this },
      );
      this.logKey = this.#key(`${name}-logs`, 'logs', args);
    }
    this.registerOutputs({});
  }

  #key(name: string, purpose: 'messages' | 'logs', { environment, account }: EdgeArgs): EncryptionKey {
    const { arn, keyId } = new aws.kms.Key(
      name,
      {
        region: EDGE_REGION,
        description: `${environment}: ${purpose} of the CDN`,
        enableKeyRotation: true,
        deletionWindowInDays: 30,
        policy: policyDocument(keyStatements(purpose, { account, region: EDGE_REGION })),
      },
      { parent: this },
    );
    return { arn, id: keyId };
  }
}
