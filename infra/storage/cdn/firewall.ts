import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { EncryptionKey } from '../../foundation/keys.ts';
import { logGroup } from '../../foundation/logs.ts';
import { EDGE_REGION } from '../applications/certificates.ts';
import { firewallRules, visibility } from './firewall-rules.ts';

export type EdgeFirewallArgs = {
  /** Part of the log group's name: `aws-waf-logs-storage-ENVIRONMENT`. */
  environment: 'dev' | 'prod';
  /** How long the log is kept, in days. */
  logDays: number;
  /** Encrypts the log; in us-east-1. */
  logKey: EncryptionKey;
  /**
   * Requests of one address in five minutes above which it is refused with 403 until it is below again.
   * Whole companies and mobile networks share an address. Default 20,000 (67 a second).
   */
  requestsPerFiveMinutes?: number;
};

/** The firewall before the CDN: known bad addresses, known exploits, and too many requests of one address. */
export class EdgeFirewall extends pulumi.ComponentResource {
  /** What a distribution names as its `webAclId`. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: EdgeFirewallArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:EdgeFirewall', name, {}, options);
    const acl = new aws.wafv2.WebAcl(
      `${name}-acl`,
      {
        region: EDGE_REGION,
        scope: 'CLOUDFRONT',
        description: 'Before the images of the object store',
        defaultAction: { allow: {} },
        rules: firewallRules(args.requestsPerFiveMinutes ?? 20_000),
        visibilityConfig: visibility(`storage-${args.environment}`),
      },
      { parent: this },
    );
    const log = logGroup(
      `${name}-log`,
      {
        // AWS WAF takes no log group of another name.
        logName: `aws-waf-logs-storage-${args.environment}`,
        days: args.logDays,
        key: args.logKey,
        region: EDGE_REGION,
      },
      { parent: this },
    );
    new aws.wafv2.WebAclLoggingConfiguration(
      `${name}-logging`,
      {
        region: EDGE_REGION,
        resourceArn: acl.arn,
        logDestinationConfigs: [log.arn],
        // A presigned link is a credential for as long as it lives.
        redactedFields: [{ queryString: {} }, { singleHeader: { name: 'authorization' } }],
        // What is let through is in the CDN's own log.
        loggingFilter: {
          defaultBehavior: 'DROP',
          filters: [
            {
              behavior: 'KEEP',
              requirement: 'MEETS_ANY',
              conditions: ['BLOCK', 'COUNT', 'EXCLUDED_AS_COUNT'].map((action) => ({
                actionCondition: { action },
              })),
            },
          ],
        },
      },
      { parent: this },
    );
    this.arn = acl.arn;
    this.registerOutputs({ arn: this.arn });
  }
}
