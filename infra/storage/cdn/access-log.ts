import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { EDGE_REGION } from '../applications/certificates.ts';

/**
 * What a line of the log tells. No query string, because a presigned link is a credential for as long as it
 * lives, and no cookies.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logs-reference.html
 */
const FIELDS = [
  'timestamp(ms)',
  'x-edge-location',
  'c-ip',
  'cs-method',
  'x-host-header',
  'cs-uri-stem',
  'cs-protocol',
  'cs-protocol-version',
  'cs-bytes',
  'cs(Referer)',
  'cs(User-Agent)',
  'sc-status',
  'sc-bytes',
  'sc-content-type',
  'sc-content-len',
  'sc-range-start',
  'sc-range-end',
  'time-taken',
  'time-to-first-byte',
  'x-edge-result-type',
  'x-edge-detailed-result-type',
  'x-edge-request-id',
  'ssl-protocol',
  'ssl-cipher',
];

export type CdnAccessLogArgs = {
  /** Of the delivery's parts, whose names must not be taken in the account, for example `storage-prod-images`. */
  logName: string;
  distributionArn: pulumi.Input<string>;
  /** The bucket that takes the logs, below `cloudfront/DISTRIBUTION/`. */
  bucketName: pulumi.Input<string>;
};

/** A distribution's requests, one JSON line each, written to a bucket within minutes. */
export class CdnAccessLog extends pulumi.ComponentResource {
  constructor(name: string, args: CdnAccessLogArgs, options?: pulumi.ComponentResourceOptions) {
    super('storage:cdn:CdnAccessLog', name, {}, options);
    const inEdgeRegion = { region: EDGE_REGION };
    const source = new aws.cloudwatch.LogDeliverySource(
      `${name}-source`,
      { ...inEdgeRegion, name: args.logName, logType: 'ACCESS_LOGS', resourceArn: args.distributionArn },
      { parent: this },
    );
    const destination = new aws.cloudwatch.LogDeliveryDestination(
      `${name}-destination`,
      {
        ...inEdgeRegion,
        name: args.logName,
        outputFormat: 'json',
        deliveryDestinationConfiguration: {
          destinationResourceArn: pulumi.interpolate`arn:aws:s3:::${args.bucketName}/cloudfront`,
        },
      },
      { parent: this },
    );
    new aws.cloudwatch.LogDelivery(
      `${name}-delivery`,
      {
        ...inEdgeRegion,
        deliverySourceName: source.name,
        deliveryDestinationArn: destination.arn,
        recordFields: FIELDS,
        s3DeliveryConfigurations: [
          { suffixPath: '/{DistributionId}/{yyyy}/{MM}/{dd}/{HH}', enableHiveCompatiblePath: false },
        ],
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
