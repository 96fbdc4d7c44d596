import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { edgeCertificateNames, regionalCertificateNames, type StorageNames } from './names.ts';

/** CloudFront takes its certificate, and AWS WAF its rules for CloudFront, from this region only. */
export const EDGE_REGION = 'us-east-1';

const RECORD_SECONDS = 300;

export type CertificatesArgs = {
  /** All must lie in the zone. */
  names: StorageNames;
  /** The public hosted zone, in which the proof of ownership stays: without it nothing is renewed. */
  zone: string;
  zoneId: pulumi.Input<string>;
};

/**
 * The certificates of the CDN and of the load balancers. Proven by DNS and renewed by AWS for as long as the
 * records exist. A name added makes a new certificate beside the old one, which goes when nothing uses it.
 */
export class Certificates extends pulumi.ComponentResource {
  /** For CloudFront, in us-east-1. To be had once it is issued. */
  readonly edgeArn: pulumi.Output<string>;
  /** For load balancers, in the stack's region. To be had once it is issued. */
  readonly regionalArn: pulumi.Output<string>;

  constructor(name: string, args: CertificatesArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:applications:Certificates', name, {}, options);
    const regionalNames = regionalCertificateNames(args.names);
    assertInZone(regionalNames, args.zone);
    const regional = this.#request(`${name}-regional`, regionalNames);
    const edge = this.#request(`${name}-edge`, edgeCertificateNames(args.names), EDGE_REGION);

    // ACM asks for one record a name and account: the same for both certificates, and for a name and its wildcard.
    const records = [...new Set(regionalNames.map(withoutWildcard))].map(
      (proven) =>
        new aws.route53.Record(
          `${name}-proof-${proven}`,
          proofRecord(args.zoneId, regional.domainValidationOptions, proven),
          { parent: this },
        ),
    );
    const validationRecordFqdns = records.map((record) => record.fqdn);
    this.regionalArn = this.#issued(`${name}-regional-issued`, regional, validationRecordFqdns);
    this.edgeArn = this.#issued(`${name}-edge-issued`, edge, validationRecordFqdns, EDGE_REGION);
    this.registerOutputs({ edgeArn: this.edgeArn, regionalArn: this.regionalArn });
  }

  #request(name: string, [domainName = '', ...others]: string[], region?: string): aws.acm.Certificate {
    return new aws.acm.Certificate(
      name,
      { domainName, subjectAlternativeNames: others, validationMethod: 'DNS', region },
      { parent: this },
    );
  }

  /** Waits until ACM has issued it: nothing can use it before. */
  #issued(
    name: string,
    certificate: aws.acm.Certificate,
    validationRecordFqdns: pulumi.Input<string>[],
    region?: string,
  ): pulumi.Output<string> {
    const { arn: certificateArn } = certificate;
    return new aws.acm.CertificateValidation(
      name,
      { certificateArn, validationRecordFqdns, region },
      { parent: this },
    ).certificateArn;
  }
}

function assertInZone(names: string[], zone: string): void {
  const outside = names.filter((name) => !name.endsWith(`.${zone}`));
  if (outside.length === 0) return;
  throw new pulumi.InputPropertyError({
    propertyPath: 'names',
    reason:
      `${outside.join(', ')} cannot be proven by records in the zone ${zone}. ` +
      `Set domain.images and domain.objects to names that end in .${zone}, or domain.zone to theirs.`,
  });
}

function withoutWildcard(name: string): string {
  return name.replace(/^\*\./, '');
}

type ValidationOptions = aws.acm.Certificate['domainValidationOptions'];

function proofRecord(
  zoneId: pulumi.Input<string>,
  options: ValidationOptions,
  proven: string,
): aws.route53.RecordArgs {
  const option = options.apply((all) => {
    const found = all.find(({ domainName }) => withoutWildcard(domainName) === proven);
    if (found === undefined) throw new pulumi.RunError(`ACM asks for no record that proves ${proven}`);
    return found;
  });
  return {
    zoneId,
    name: option.resourceRecordName,
    type: option.resourceRecordType,
    records: [option.resourceRecordValue],
    ttl: RECORD_SECONDS,
    // A proof that another stack of the account left is the same record.
    allowOverwrite: true,
  };
}
