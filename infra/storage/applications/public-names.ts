import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export type PublicNamesArgs = {
  /** The public hosted zone. */
  zoneId: pulumi.Input<string>;
  /**
   * Names of the CDN. A name that exists already is refused by Route 53: it is the customer's present way
   * to the images; to move it over, import or remove the record first.
   */
  hostNames: readonly string[];
  distribution: { domainName: pulumi.Input<string>; hostedZoneId: pulumi.Input<string> };
};

/** Lets public names lead to the CDN, by IPv4 and IPv6. */
export class PublicNames extends pulumi.ComponentResource {
  constructor(name: string, args: PublicNamesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:applications:PublicNames', name, {}, options);
    const { domainName, hostedZoneId } = args.distribution;
    for (const hostName of args.hostNames) {
      for (const type of ['A', 'AAAA'] as const) {
        new aws.route53.Record(
          `${name}-${hostName.replace('*', 'any')}-${type.toLowerCase()}`,
          {
            zoneId: args.zoneId,
            name: hostName,
            type,
            aliases: [{ name: domainName, zoneId: hostedZoneId, evaluateTargetHealth: false }],
          },
          { parent: this },
        );
      }
    }
    this.registerOutputs({});
  }
}
